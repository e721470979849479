/** Whose bytes a finding is about: what somebody who is to get them again must know. */
import { countFilesOn, someFilesOn } from '../../storage/inspect/blob-states.ts';
import { type RecordKey, showValue } from '../../storage/inspect/record-keys.ts';
import type { VerifyRun } from './contract.ts';

const mostNamed = 3;

/** Such as `file file_a`, `files file_a and 41 more`. Empty: there is none. */
export async function filesConcerned(run: VerifyRun, key: RecordKey): Promise<string> {
  const { store } = run.context;
  const named = (await someFilesOn(store, key, mostNamed)).map((id) =>
    typeof id === 'string' ? id : showValue(id),
  );
  if (named.length === 0) return '';
  const others = (await countFilesOn(store, key)) - named.length;
  return `${named.length + others === 1 ? 'file' : 'files'} ${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}

/** What to do where no equal blob is there. */
export function storeAgain({ sha256, size }: { readonly sha256: string; readonly size: number }): string {
  return `store equal bytes again (SHA-256 ${sha256}, ${size} bytes), then gridhold verify --repair`;
}
