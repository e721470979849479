/**
 * One pass over a file's bytes: counted against the limit, hashed, sniffed, and handed on. Nothing is kept but the
 * first bytes. Whoever calls it owns the writer, and lets go of it when this throws.
 */
import { createHash } from 'node:crypto';
import { GridholdError } from '../errors/gridhold-error.ts';
import {
  type ContentTypeSniffer,
  contentTypeAllowed,
  contentTypeSniffer,
  missingEvidence,
  resolveContentType,
} from './content-type.ts';
import type { IncomingBytes } from './incoming-bytes.ts';

export interface ByteRules {
  /** Bytes; read again at each piece, so that it may be lowered on the way. */
  maxSize(): number;
  /** Empty: any. */
  readonly contentTypes: readonly string[];
  /** What the bytes must hash to, in lower-case hex. */
  readonly sha256: readonly (string | null)[];
}

export interface ReceivedBytes {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string;
  /** What the type was decided by. */
  readonly declared: string | null;
  readonly detected: string | null;
  /** They begin as a page of HTML. */
  readonly isPage: boolean;
}

/** @throws FILE_TOO_LARGE, CONTENT_TYPE_NOT_ALLOWED, CHECKSUM_MISMATCH, LENGTH_MISMATCH, or what `write` throws */
export async function receiveBytes(
  incoming: IncomingBytes,
  rules: ByteRules,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<ReceivedBytes> {
  if (incoming.declaredLength !== null) checkSize(incoming.declaredLength, rules.maxSize());
  checkHash(incoming.sha256, rules.sha256);
  const hash = createHash('sha256');
  const sniffer = contentTypeSniffer();
  let size = 0;
  let type: DecidedType | null = null;
  for await (const bytes of namingBreakOff(incoming.bytes)) {
    size += bytes.byteLength;
    checkSize(size, rules.maxSize());
    hash.update(bytes);
    if (type === null) {
      sniffer.observe(bytes);
      if (sniffer.isFull) type = await decideType(incoming, sniffer, rules);
    }
    await write(bytes);
  }
  type ??= await decideType(incoming, sniffer, rules);
  checkSize(size, rules.maxSize());
  const sha256 = hash.digest('hex');
  checkHash(sha256, [incoming.sha256, ...rules.sha256]);
  return { sha256, size, ...type };
}

/**
 * The same bytes again, for a request that repeats itself: hashed and never stored.
 * @returns null as soon as there are more bytes than `size`
 */
export async function hashBytes(incoming: IncomingBytes, size: number): Promise<string | null> {
  if (incoming.declaredLength !== null && incoming.declaredLength !== size) return null;
  const hash = createHash('sha256');
  let received = 0;
  for await (const bytes of namingBreakOff(incoming.bytes)) {
    received += bytes.byteLength;
    if (received > size) return null;
    hash.update(bytes);
  }
  const sha256 = hash.digest('hex');
  checkHash(sha256, [incoming.sha256]);
  return sha256;
}

type DecidedType = Pick<ReceivedBytes, 'contentType' | 'declared' | 'detected' | 'isPage'>;

async function decideType(
  incoming: IncomingBytes,
  sniffer: ContentTypeSniffer,
  rules: ByteRules,
): Promise<DecidedType> {
  const detected = await sniffer.detect();
  const declared = incoming.declaredType;
  const decided = {
    contentType: resolveContentType({ declared, detected }),
    declared,
    detected,
    isPage: sniffer.isPage,
  };
  checkContentType(decided, rules.contentTypes);
  return decided;
}

/** @throws CONTENT_TYPE_NOT_ALLOWED, by what was declared and by what the bytes show */
export function checkContentType(type: DecidedType, allowed: readonly string[]): void {
  if (allowed.length === 0) return;
  const refusal = refusalOf(type, allowed);
  if (refusal === null) return;
  throw new GridholdError('CONTENT_TYPE_NOT_ALLOWED', `${refusal}; allowed: ${allowed.join(', ')}`, {
    declared: type.declared,
    detected: type.detected,
    allowed,
  });
}

function refusalOf(type: DecidedType, allowed: readonly string[]): string | null {
  const { contentType } = type;
  if (!contentTypeAllowed(contentType, allowed)) return `${contentType} is not allowed`;
  const missing = missingEvidence(contentType, type);
  return missing && `${contentType} is not allowed, since ${missing}`;
}

export function checkSize(size: number, maxSize: number): void {
  if (size > maxSize) throw tooLarge(maxSize);
}

/** @param maxSize bytes; a stage that is let go of has a limit below 0 */
export function tooLarge(maxSize: number): GridholdError {
  const most = Math.max(0, maxSize);
  return new GridholdError('FILE_TOO_LARGE', `The file is larger than ${most} bytes`, { maxSize: most });
}

/** @param hashes what it must be; null says nothing */
export function checkHash(sha256: string | null, hashes: readonly (string | null)[]): void {
  if (sha256 === null) return;
  const other = hashes.find((hash) => hash !== null && hash !== sha256);
  if (other)
    throw new GridholdError('CHECKSUM_MISMATCH', `The SHA-256 is ${sha256}, and ${other} was announced`);
}

/** What a source throws is a client's break-off, unless it is an error of ours. What a consumer throws is not. */
async function* namingBreakOff(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (cause) {
    if (cause instanceof GridholdError) throw cause;
    throw new GridholdError('LENGTH_MISMATCH', 'The upload broke off before its end', {}, { cause });
  }
}
