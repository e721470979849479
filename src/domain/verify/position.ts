/** How far a run has come, as the command line takes it: the walk, and the key that it goes on with (`3:665f…`). */
import { badInput } from '../../errors/gridhold-error.ts';
import { decodeKey, encodeKey, type RecordKey } from '../../storage/inspect/record-keys.ts';
import type { RuleNumber } from './contract.ts';

export interface Position {
  readonly walk: RuleNumber;
  /** Null: from its beginning. */
  readonly from: RecordKey | null;
}

/** Rules 1 and 2 are one walk, and 4 and 5 another. */
const walks: readonly RuleNumber[] = [1, 3, 4];

export function formatPosition({ walk, from }: Position): string {
  return `${walk}:${from ? encodeKey(from) : ''}`;
}

/** @throws BAD_USER_INPUT naming it */
export function parsePosition(text: string): Position {
  const [, number, key = ''] = /^([134]):(.*)$/.exec(text) ?? [];
  const walk = walks.find((one) => String(one) === number);
  const from = key === '' ? null : decodeKey(key);
  if (walk === undefined || (key !== '' && from === null)) {
    throw badInput(`resume: ${JSON.stringify(text.slice(0, 100))} is no position that verify has printed`);
  }
  return { walk, from };
}
