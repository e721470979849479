/** Refusals that an upload may meet before its bytes and again when it is finalized. */
import { GridholdError } from '../errors/gridhold-error.ts';

export function keyUsed(): GridholdError {
  return new GridholdError(
    'IDEMPOTENCY_KEY_USED',
    'The idempotency key was used with other bytes or other input',
  );
}

export function uploadUrlUsed(): GridholdError {
  return new GridholdError(
    'UPLOAD_URL_USED',
    'The upload URL has stored its file already; ask for another one',
  );
}

export function uploadInProgress(): GridholdError {
  return new GridholdError('UPLOAD_IN_PROGRESS', 'Another request is sending to this upload URL', {
    retryAfter: 10,
  });
}
