/** Conditional requests, in the order of RFC 9110, section 13.2.2. */
import { matchesStrongly, matchesWeakly, parseEntityTag, parseEntityTags } from './entity-tags.ts';
import { parseHttpDate } from './http-dates.ts';

export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  /** Seconds since the epoch. */
  readonly lastModified: number;
}

export type Verdict = 'proceed' | 'not-modified' | 'failed';

type ReadHeader = (name: string) => string | null;

/** For GET and HEAD of something that exists. A date that is none is as if it were not there. */
export function evaluatePreconditions(header: ReadHeader, validators: Validators): Verdict {
  const ifMatch = header('if-match');
  if (ifMatch !== null) {
    if (!matchesStrongly(parseEntityTags(ifMatch), validators.etag)) return 'failed';
  } else {
    const unmodifiedSince = dateIn(header, 'if-unmodified-since');
    if (unmodifiedSince !== null && validators.lastModified > unmodifiedSince) return 'failed';
  }
  const ifNoneMatch = header('if-none-match');
  if (ifNoneMatch !== null) {
    return matchesWeakly(parseEntityTags(ifNoneMatch), validators.etag) ? 'not-modified' : 'proceed';
  }
  const modifiedSince = dateIn(header, 'if-modified-since');
  if (modifiedSince !== null && validators.lastModified <= modifiedSince) return 'not-modified';
  return 'proceed';
}

/**
 * Whether `Range` counts: without `If-Range`, or where that names what we have (RFC 9110, section 13.1.5). A date counts
 * by equality; it is a strong validator here, because the bytes of a file never change.
 */
export function allowsRange(header: ReadHeader, validators: Validators): boolean {
  const ifRange = header('if-range');
  if (ifRange === null) return true;
  const tag = parseEntityTag(ifRange);
  if (tag) return matchesStrongly([tag], validators.etag);
  return parseHttpDate(ifRange.trim()) === validators.lastModified;
}

function dateIn(header: ReadHeader, name: string): number | null {
  const value = header(name);
  return value === null ? null : parseHttpDate(value.trim());
}
