/** The SHA-256 that a client announces for its body: `Content-Digest` (RFC 9530), or the older `Digest` (RFC 3230). */
import { badInput } from '../../errors/gridhold-error.ts';
import type { RequestHead } from '../exchange.ts';

const sha256Bytes = 32;

/** Lower-case hex; null where none is announced. Other algorithms are ignored. @throws BAD_USER_INPUT */
export function announcedSha256(head: RequestHead): string | null {
  const current = head.header('content-digest');
  const older = head.header('digest');
  const sha256 = current === null ? null : parseContentDigest(current);
  const olderSha256 = older === null ? null : parseDigest(older);
  if (sha256 !== null && olderSha256 !== null && sha256 !== olderSha256) {
    throw badInput('Content-Digest and Digest announce different bytes');
  }
  return sha256 ?? olderSha256;
}

/** A dictionary whose values are byte sequences (RFC 8941, section 3.2); of repeated keys the last counts. */
export function parseContentDigest(value: string): string | null {
  let sha256: string | null = null;
  for (const member of value.split(',')) {
    // Parameters mean nothing here, and are let pass. Neither they nor base64 can hold a comma. Each character is
    // matched by one part only: what fails does so in time that grows with its length.
    const match = /^[ \t]*([a-z*][a-z\d_\-.*]*)=:([A-Za-z\d+/]*={0,2}):(?:;[^"]*|[ \t]*)$/.exec(member);
    const [, key, encoded] = match ?? [];
    if (key === undefined || encoded === undefined) {
      throw badInput('Content-Digest: malformed; expected sha-256=:base64:');
    }
    if (key === 'sha-256') sha256 = hexOf(encoded, 'Content-Digest');
  }
  return sha256;
}

/** `algorithm=base64`, separated by commas; algorithms are case-insensitive. */
export function parseDigest(value: string): string | null {
  let sha256: string | null = null;
  for (const member of value.split(',')) {
    const [, key, encoded] = /^[ \t]*([\w-]+)=(\S+?)[ \t]*$/.exec(member) ?? [];
    if (key === undefined || encoded === undefined) {
      throw badInput('Digest: malformed; expected sha-256=base64');
    }
    if (key.toLowerCase() === 'sha-256') sha256 = hexOf(encoded, 'Digest');
  }
  return sha256;
}

function hexOf(encoded: string, header: string): string {
  const bytes = Buffer.from(encoded, 'base64');
  // Buffer skips what is no base64: written back, it must be the same but for the padding.
  const isWhole = bytes.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
  if (!isWhole || bytes.byteLength !== sha256Bytes) {
    throw badInput(`${header}: sha-256 must be ${sha256Bytes} bytes in base64`);
  }
  return bytes.toString('hex');
}
