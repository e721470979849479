/** What `File.url` and `Query.fileUrl` share: their arguments, and the address that comes of them. */
import type { StoredFile } from '../../domain/model.ts';
import { fileUrl } from '../../domain/urls.ts';
import { badInput } from '../../errors/gridhold-error.ts';
import type { GraphqlContext } from '../context.ts';

const longestSeconds = 604_800;

export const downloadArgument = {
  required: true,
  defaultValue: false,
  description: 'A URL that makes browsers save the file instead of showing it.',
} as const;

export const expiresInArgument = {
  description: 'Seconds that a signed URL is good for: 1 to 604800 (7 days). Public files need no signature.',
} as const;

export interface AddressArguments {
  readonly download: boolean;
  readonly expiresIn?: number | null | undefined;
}

/** The range is kept where nothing is signed yet, so that no client comes to rely on more. */
export function checkExpiresIn({ expiresIn }: AddressArguments): void {
  if (expiresIn == null || (expiresIn >= 1 && expiresIn <= longestSeconds)) return;
  throw badInput(`expiresIn: must be 1 to ${longestSeconds} seconds (7 days), not ${expiresIn}`);
}

export function addressOf(
  file: Pick<StoredFile, 'id' | 'visibility'>,
  args: AddressArguments,
  { baseUrl, cdnUrl }: GraphqlContext,
): string {
  checkExpiresIn(args);
  return fileUrl(file, { baseUrl, cdnUrl, download: args.download });
}
