/** A request's body as it is, as the bytes of one file. */
import type { IncomingBytes } from '../../domain/incoming-bytes.ts';
import { badInput, GridholdError } from '../../errors/gridhold-error.ts';
import type { Exchange } from '../exchange.ts';
import { announcedSha256 } from './digest-headers.ts';

/** @throws BAD_USER_INPUT, CONTENT_TYPE_NOT_ALLOWED */
export function rawBody(exchange: Exchange): IncomingBytes {
  return {
    bytes: exchange.body.open(),
    declaredType: exchange.header('content-type'),
    declaredLength: exchange.body.length,
    filename: exchange.query.get('filename'),
    sha256: announcedSha256(exchange),
  };
}

/** What is stored is what was sent, so nothing that would have to be decoded is taken. */
export function refuseEncodings(exchange: Exchange): void {
  const encoding = exchange.header('content-encoding');
  if (encoding !== null && encoding.trim() !== '') {
    throw new GridholdError(
      'CONTENT_TYPE_NOT_ALLOWED',
      'Content-Encoding: encoded uploads are not taken; send the bytes of the file as they are',
    );
  }
  const transfer = exchange.header('transfer-encoding');
  if (transfer !== null && transfer.trim().toLowerCase() !== 'chunked') {
    throw badInput('Transfer-Encoding: only chunked is understood');
  }
}

/**
 * A part of a file that was stored as all of it would be a file that nobody has sent (RFC 9110, section 14.5). That all
 * of it is there may be said: curl does, where it is told to resume an upload.
 * @throws BAD_USER_INPUT
 */
export function refuseParts(exchange: Exchange): void {
  const header = exchange.header('content-range');
  if (header === null) return;
  const [, first, last, size] = /^\s*bytes\s+(\d+)-(\d+)\/(\d+)\s*$/i.exec(header) ?? [];
  const isAll = Number(first) === 0 && Number(last) + 1 === Number(size);
  // A form's length is not the file's.
  if (isAll && (isForm(exchange) || exchange.body.length === Number(size))) return;
  throw badInput('Content-Range: parts of a file are not taken; send all of it');
}

export function isForm(exchange: Exchange): boolean {
  return /^\s*multipart\/form-data\s*(?:;|$)/i.test(exchange.header('content-type') ?? '');
}
