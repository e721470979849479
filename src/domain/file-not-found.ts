/** The one refusal for a file that is not there, and for one that the caller may not see: nobody can tell which. */
import { GridholdError } from '../errors/gridhold-error.ts';

/** @param fileIds as they were asked for; they may be of any form and length, and from an app of any type */
export function fileNotFound(fileIds: readonly string[]): GridholdError {
  const names = fileIds.map((id) => String(id).slice(0, 64)).join(', ');
  return new GridholdError('FILE_NOT_FOUND', `There is no file ${names}`, { fileIds });
}
