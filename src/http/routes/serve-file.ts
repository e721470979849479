/**
 * `GET` and `HEAD /files/{id}`: the bytes of one file. Every answer rests on a read of the record that began after the
 * request arrived. Who may read is domain/serve-permit.ts; reading the bytes is domain/read-bytes.ts.
 */
import type { StoredFile } from '../../domain/model.ts';
import type { Served } from '../../domain/serve-permit.ts';
import { sha256Field } from '../../domain/sha256-field.ts';
import type { ByteRange, UseCases } from '../../domain/use-cases.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';
import type { Answer, Exchange, RouteHandler } from '../exchange.ts';
import type { HttpSettings } from '../http-settings.ts';
import { byteranges, contentRange } from '../serving/byteranges.ts';
import { contentDisposition } from '../serving/disposition.ts';
import { wholeSeconds } from '../serving/http-dates.ts';
import { allowsRange, evaluatePreconditions, type Validators } from '../serving/preconditions.ts';
import { parseRange, type RangeVerdict } from '../serving/ranges.ts';
import { permitIn } from '../serving/read-permit.ts';
import { displayOf } from '../serving/safe-display.ts';
import { refuseAsScript, variesByDestination } from '../serving/script-destinations.ts';

type Reading = Pick<UseCases, 'fileToServe' | 'readBytes'>;

export function createServeRoute(useCases: Reading, settings: HttpSettings): RouteHandler {
  return async (exchange, [id = ''], { caller }) => {
    refuseAsScript(exchange);
    const served = await useCases.fileToServe(id, { caller, permit: permitIn(exchange.query) });
    if (served === null) throw new GridholdError('FILE_NOT_FOUND', 'No such file');
    const { file } = served;

    const validators = validatorsOf(file);
    const cacheHeaders = {
      ETag: validators.etag,
      ...cachingOf(served, settings),
      // Of a private file too: where a cache keeps it all the same, it can be purged.
      'Cache-Tag': file.id,
      'Cross-Origin-Resource-Policy': 'cross-origin',
      ...(variesByDestination(file.contentType) ? { Vary: 'Sec-Fetch-Dest' } : {}),
    };
    switch (evaluatePreconditions(exchange.header, validators)) {
      case 'failed':
        throw new GridholdError('PRECONDITION_FAILED', 'If-Match or If-Unmodified-Since does not hold');
      case 'not-modified':
        // Only what guides caches: RFC 9110, section 15.4.5.
        return { status: 304, headers: cacheHeaders, body: null };
      default:
        return withBytes(exchange, file, { ...cacheHeaders, ...representationHeaders(exchange, file) });
    }
  };

  function withBytes(exchange: Exchange, file: StoredFile, headers: Record<string, string>): Answer {
    const isHead = exchange.method === 'HEAD';
    const read = (range?: ByteRange) => useCases.readBytes(file, range, exchange.signal);
    const verdict = isHead ? ({ kind: 'whole' } as const) : rangesAskedFor(exchange, file);
    if (verdict.kind === 'unsatisfiable') {
      throw new GridholdError('RANGE_NOT_SATISFIABLE', `Range: the file has ${file.size} bytes`, {
        size: file.size,
      });
    }
    if (verdict.kind === 'whole') {
      const length = { 'Content-Length': String(file.size) };
      return {
        status: 200,
        headers: { ...headers, ...length },
        body: isHead || file.size === 0 ? null : read(),
      };
    }
    const [first, ...others] = verdict.ranges;
    if (first && others.length === 0) {
      const partial = {
        'Content-Range': contentRange(first, file.size),
        'Content-Length': String(first.end - first.start + 1),
      };
      return { status: 206, headers: { ...headers, ...partial }, body: read(first) };
    }
    const parts = byteranges(file, verdict.ranges, read);
    const partial = { 'Content-Type': parts.contentType, 'Content-Length': String(parts.length) };
    return { status: 206, headers: { ...headers, ...partial }, body: parts.bytes };
  }
}

/** What is private is nobody's to keep but the browser's, and a page that holds it tells no other site its address. */
function cachingOf({ as }: Served, { publicMaxAgeSeconds }: HttpSettings): Record<string, string> {
  switch (as.kind) {
    case 'public':
      return { 'Cache-Control': `public, max-age=${publicMaxAgeSeconds}, immutable` };
    case 'signed':
      return {
        'Cache-Control': `private, max-age=${Math.floor(as.remainingMs / 1000)}, immutable`,
        'Referrer-Policy': 'no-referrer',
      };
    case 'caller':
      // Kept, and asked for again each time: the next to use this browser may be another.
      return { 'Cache-Control': 'private, no-cache', 'Referrer-Policy': 'no-referrer' };
  }
}

function validatorsOf({ sha256, uploadedAt }: StoredFile): Validators {
  return { etag: `"${sha256}"`, lastModified: wholeSeconds(uploadedAt) };
}

function rangesAskedFor(exchange: Exchange, file: StoredFile): RangeVerdict {
  const range = allowsRange(exchange.header, validatorsOf(file)) ? exchange.header('range') : null;
  return parseRange(range, file.size);
}

function representationHeaders(exchange: Exchange, file: StoredFile): Record<string, string> {
  const display = displayOf(file.contentType);
  const isInline = display.isInline && !exchange.query.has('download');
  return {
    'Content-Type': file.contentType,
    'Content-Disposition': contentDisposition(isInline ? 'inline' : 'attachment', file.filename),
    'Content-Security-Policy': display.contentSecurityPolicy,
    'Last-Modified': file.uploadedAt.toUTCString(),
    // RFC 9530, section 3.
    'Repr-Digest': sha256Field(file.sha256),
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
  };
}
