/** Why a multipart body could not be read to its end, in an error for clients. */
import { badInput, GridholdError } from '../../errors/gridhold-error.ts';

/**
 * What the multipart parser throws, as an error of ours. What it calls a malformed body may be a connection that ended:
 * then that is the reason.
 */
export function partFailure(error: unknown, bodyFailure: Error | null): unknown {
  if (error instanceof GridholdError) return error;
  if (bodyFailure) return bodyFailure;
  if (!(error instanceof Error)) return error;
  if ('status' in error && error.status === 413) {
    return new GridholdError('REQUEST_TOO_LARGE', error.message, {}, { cause: error });
  }
  return badInput(`The multipart body is malformed: ${error.message}`);
}
