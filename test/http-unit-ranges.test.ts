/** What a `Range` asks for, by RFC 9110 section 14 and the contract. */
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteRange } from '../src/domain/use-cases.ts';
import { byteranges } from '../src/http/serving/byteranges.ts';
import { parseRange } from '../src/http/serving/ranges.ts';

const part = (start: number, end: number): ByteRange => ({ start, end });

describe('a Range of a file of 100 bytes', () => {
  it.each([
    ['bytes=0-9', [part(0, 9)]],
    ['BYTES=0-9', [part(0, 9)]],
    ['bytes=95-', [part(95, 99)]],
    ['bytes=-5', [part(95, 99)]],
    ['bytes=-500', [part(0, 99)]],
    ['bytes=90-500', [part(90, 99)]],
    ['bytes=0-99999999999999999999999999', [part(0, 99)]],
    ['bytes= 0-1 ,, 5-6 ', [part(0, 1), part(5, 6)]],
    ['bytes=50-59,0-9', [part(50, 59), part(0, 9)]],
    ['bytes=0-9,10-19', [part(0, 19)]],
    ['bytes=0-9,5-14', [part(0, 14)]],
    ['bytes=80-89,0-9,5-19', [part(80, 89), part(0, 19)]],
    ['bytes=0-9,200-', [part(0, 9)]],
  ])('%s is served in parts', (header, ranges) => {
    expect(parseRange(header, 100)).toEqual({ kind: 'parts', ranges });
  });

  it.each(['bytes=100-', 'bytes=-0', 'bytes=100-200,300-', 'bytes=99999999999999999999-'])(
    '%s is valid and not satisfiable',
    (header) => {
      expect(parseRange(header, 100)).toEqual({ kind: 'unsatisfiable' });
    },
  );

  it.each([
    null,
    '',
    'items=0-1',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=5-2',
    'bytes=9007199254740993-9007199254740992',
    'bytes=0-1,5-2',
    'bytes=0-1,x',
    'bytes=+1-2',
    'bytes=0x1-2',
    'bytes 0-1',
    'bytes=0-99,0-0',
    `bytes=${Array.from({ length: 51 }, (_, index) => `${index}-${index}`).join(',')}`,
  ])('%s gets the whole file', (header) => {
    expect(parseRange(header, 100)).toEqual({ kind: 'whole' });
  });
});

describe('a Range of an empty file', () => {
  it('is not satisfiable from a position, and is the whole of it from the end', () => {
    expect(parseRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
    expect(parseRange('bytes=-1', 0)).toEqual({ kind: 'whole' });
  });
});

describe('any Range', () => {
  it('gives exactly the bytes that were asked for, in parts that do not touch', () => {
    const size = 60;
    const spec = fc.tuple(fc.nat(80), fc.nat(80)).map(([a, b]) => part(Math.min(a, b), Math.max(a, b)));
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 8 }), (specs) => {
        const header = `bytes=${specs.map(({ start, end }) => `${start}-${end}`).join(', ')}`;
        const asked = specs.filter(({ start }) => start < size);
        const bytes = asked.reduce((sum, { start, end }) => sum + Math.min(end, size - 1) - start + 1, 0);
        const verdict = parseRange(header, size);
        const tooMuch = bytes > size ? 'whole' : 'parts';
        expect(verdict.kind).toBe(asked.length === 0 ? 'unsatisfiable' : tooMuch);
        if (verdict.kind !== 'parts') return;
        for (let position = 0; position < size; position++) {
          const holds = ({ start, end }: ByteRange) => start <= position && position <= end;
          expect(verdict.ranges.filter(holds).length).toBe(asked.some(holds) ? 1 : 0);
        }
        const sorted = verdict.ranges.toSorted((a, b) => a.start - b.start);
        for (const [index, { start }] of sorted.entries()) {
          const previous = sorted[index - 1];
          if (previous) expect(start).toBeGreaterThan(previous.end + 1);
        }
      }),
    );
  });

  it('never throws, whatever is sent', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'bytes=0123456789-, x') });
    fc.assert(
      fc.property(noise, fc.nat(), (header, size) => {
        expect(['whole', 'unsatisfiable', 'parts']).toContain(parseRange(`bytes=${header}`, size).kind);
      }),
    );
  });
});

describe('multipart/byteranges', () => {
  it('is as long as it says', async () => {
    const file = { contentType: 'text/plain', size: 100 };
    const ranges = [part(50, 59), part(0, 9)];
    const body = byteranges(file, ranges, async function* ({ start, end }) {
      yield Buffer.alloc(end - start + 1, 'x');
    });
    const sent = (await buffer(body.bytes)).toString();
    expect(Buffer.byteLength(sent)).toBe(body.length);
    const boundary = /boundary=(.+)$/.exec(body.contentType)?.[1] ?? '';
    expect(sent.split(`\r\n--${boundary}`)).toEqual([
      '',
      '\r\nContent-Type: text/plain\r\nContent-Range: bytes 50-59/100\r\n\r\nxxxxxxxxxx',
      '\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-9/100\r\n\r\nxxxxxxxxxx',
      '--\r\n',
    ]);
  });
});
