/**
 * `Range` (RFC 9110, section 14). The npm package for it refuses `5-2` instead of ignoring it, drops the bad part of
 * `0-1,5-2`, and takes other units for bytes.
 */
import type { ByteRange } from '../../domain/use-cases.ts';

export type RangeVerdict =
  /** No `Range`, one of another unit, an invalid one, or one that asks for too much: the whole file. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'unsatisfiable' }
  /** Neither overlapping nor adjacent, in the order in which they were asked for. */
  | { readonly kind: 'parts'; readonly ranges: readonly ByteRange[] };

const maxRanges = 50;

const whole: RangeVerdict = { kind: 'whole' };

export function parseRange(header: string | null, size: number): RangeVerdict {
  const [, set] = /^\s*bytes=(.*)$/i.exec(header ?? '') ?? [];
  if (set === undefined) return whole;
  // Empty list elements count for nothing: RFC 9110, section 5.6.1.2.
  const specs = set
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '');
  if (specs.length === 0 || specs.length > maxRanges) return whole;

  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = parseSpec(spec, size);
    if (range === 'invalid') return whole;
    if (range !== 'unsatisfiable') ranges.push(range);
  }
  if (ranges.length === 0) return { kind: 'unsatisfiable' };
  const asked = ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  if (asked > size || asked === 0) return whole;
  return { kind: 'parts', ranges: merge(ranges) };
}

function parseSpec(spec: string, size: number): ByteRange | 'invalid' | 'unsatisfiable' {
  const [, first, last] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'invalid';
  if (first === '') {
    const suffixLength = Number(last);
    if (suffixLength === 0) return 'unsatisfiable';
    // More than there is, is all of it (section 14.1.2): of an empty file, nothing.
    return { start: Math.max(0, size - suffixLength), end: size - 1 };
  }
  // As big integers: positions beyond 2^53 are equal as numbers that differ as digits.
  if (last !== '' && BigInt(last) < BigInt(first)) return 'invalid';
  if (Number(first) >= size) return 'unsatisfiable';
  return { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** What overlaps or touches becomes one, in the place of the first that was asked for (section 15.3.7.2). */
function merge(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const merged: { start: number; end: number; place: number }[] = [];
  const byStart = ranges.map((range, place) => ({ ...range, place })).sort((a, b) => a.start - b.start);
  for (const range of byStart) {
    const previous = merged.at(-1);
    if (previous && range.start <= previous.end + 1) {
      previous.end = Math.max(previous.end, range.end);
      previous.place = Math.min(previous.place, range.place);
    } else {
      merged.push({ ...range });
    }
  }
  return merged.sort((a, b) => a.place - b.place).map(({ start, end }) => ({ start, end }));
}
