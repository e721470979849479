/** Durations and sizes, held against exact arithmetic. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDuration, parseSize } from '../src/config/units.ts';

const durations: readonly (readonly [string, bigint])[] = [
  ['ms', 1n],
  ['s', 1_000n],
  ['m', 60_000n],
  ['h', 3_600_000n],
  ['d', 86_400_000n],
  ['w', 604_800_000n],
];
const sizes: readonly (readonly [string, bigint])[] = [
  ['', 1n],
  ['B', 1n],
  ...(['k', 'M', 'G', 'T'] as const).flatMap((prefix, index): [string, bigint][] => [
    [`${prefix}B`, 1_000n ** BigInt(index + 1)],
    [`${prefix}iB`, 1_024n ** BigInt(index + 1)],
  ]),
];

const whole = fc.oneof(fc.stringMatching(/^\d{1,4}$/), fc.stringMatching(/^\d{1,15}$/));
const fraction = fc.oneof(
  fc.constant(''),
  fc.stringMatching(/^\d{1,3}$/),
  fc.stringMatching(/^\d{1,9}$/),
  fc.constantFrom('5', '25', '000000001'),
);

/** Null where it is no whole number of the smallest unit, or more than a number can hold. */
function exactly(integer: string, decimals: string, unit: bigint): number | null {
  const scale = 10n ** BigInt(decimals.length);
  const scaled = BigInt(`${integer}${decimals}`) * unit;
  const value = scaled / scale;
  return scaled % scale === 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

test.each([
  ['duration', parseDuration, durations],
  ['size', parseSize, sizes],
] as const)('a %s is exactly what it says, or none', (_, parse, units) => {
  fc.assert(
    fc.property(
      whole,
      fraction,
      fc.constantFrom(...units),
      fc.boolean(),
      (integer, decimals, unit, isSpaced) => {
        const number = decimals === '' ? integer : `${integer}.${decimals}`;
        const space = isSpaced && unit[0] !== '' ? ' ' : '';
        expect(parse(`${number}${space}${unit[0]}`)).toBe(exactly(integer, decimals, unit[1]));
      },
    ),
    { numRuns: 1_000 },
  );
});

test('what is not written as a number and a unit is neither', () => {
  const noise = fc.string({ unit: fc.constantFrom(...'0123456789. -+emsMiBGxé'), maxLength: 12 });
  fc.assert(
    fc.property(noise, (text) => {
      const isDuration = /^\d{1,15}(?:\.\d{1,9})? ?(?:ms|[smhdw])$/.test(text);
      const isSize = /^\d{1,15}(?:\.\d{1,9})?(?: ?(?:[kmgt]i?)?b)?$/i.test(text);
      if (!isDuration) expect(parseDuration(text)).toBeNull();
      if (!isSize) expect(parseSize(text)).toBeNull();
    }),
    { numRuns: 1_000 },
  );
});
