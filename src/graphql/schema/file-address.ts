/** What `File.url` and `Query.fileUrl` share: their arguments, and the address that comes of them. */
import { longestUrlLifeSeconds } from '../../config/bounds.ts';
import type { StoredFile } from '../../domain/model.ts';
import type { GraphqlContext } from '../context.ts';

export const downloadArgument = {
  required: true,
  defaultValue: false,
  description: 'A URL that makes browsers save the file instead of showing it.',
} as const;

export const expiresInArgument = {
  description: `Seconds that the signed URL of a private file is good for, 1 to ${longestUrlLifeSeconds} (7 days): at most, and at least half of them. Else as the settings say. Public files need no signature.`,
} as const;

export interface AddressArguments {
  readonly download: boolean;
  readonly expiresIn?: number | null | undefined;
}

export function addressOf(
  file: StoredFile,
  args: AddressArguments,
  { useCases, caller, baseUrl }: GraphqlContext,
): string {
  return useCases.fileAddress(file, caller, { baseUrl, ...args });
}
