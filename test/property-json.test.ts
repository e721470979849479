/** JSON of clients, as text and inside of a query: within its limits it comes through as it is. */
import fc from 'fast-check';
import { parseValue } from 'graphql';
import { describe, expect, test } from 'vitest';
import { GridholdError } from '../src/errors/gridhold-error.ts';
import { jsonLimits, parseBoundedJson } from '../src/graphql/bounded-json.ts';
import { jsonObject } from '../src/graphql/scalars.ts';

/** What brackets and quotes might be confused by. */
const hostileText = fc.string({ unit: fc.constantFrom(...'[]{}",:\\/ué'), maxLength: 8 });

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'OK';
  } catch (error) {
    if (error instanceof GridholdError) return error.code;
    throw error;
  }
}

describe('JSON', () => {
  const leaf = fc.oneof(hostileText, fc.integer(), fc.constantFrom(null, true));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(hostileText, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));

  test('within the limits comes through as it is', () => {
    fc.assert(
      fc.property(value, fc.boolean(), (given, isSpaced) => {
        const text = JSON.stringify(given, null, isSpaced ? 1 : 0);
        expect(parseBoundedJson(text, 'variables')).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test('is refused exactly where it is nested too deep, or holds too many values', () => {
    const wraps = fc.array(fc.constantFrom('list' as const, 'object' as const), {
      maxLength: 130,
      size: 'max',
    });
    const count = fc.oneof(
      fc.nat({ max: 10 }),
      fc.integer({ min: jsonLimits.values - 140, max: jsonLimits.values + 10 }),
    );
    fc.assert(
      fc.property(wraps, count, hostileText, (kinds, many, text) => {
        const inner: unknown = Array.from({ length: many }, (_, index) => (index === 0 ? text : 0));
        const whole = kinds.reduce(
          (inside, kind) => (kind === 'list' ? [inside] : { [text]: inside }),
          inner,
        );
        // Every list and object is one, and so is everything in it but its first.
        const values = kinds.length + 1 + Math.max(0, many - 1);
        const isTooMuch = kinds.length + 1 > jsonLimits.nesting || values > jsonLimits.values;
        const outcome = codeOf(() => parseBoundedJson(JSON.stringify(whole), 'variables'));
        expect(outcome).toBe(isTooMuch ? 'BAD_USER_INPUT' : 'OK');
      }),
      { numRuns: 200 },
    );
  });

  test('that is none is BAD_USER_INPUT', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostileText,
          fc.json().map((text) => text.slice(0, -1)),
        ),
        (text) => {
          let isJson = true;
          try {
            JSON.parse(text);
          } catch {
            isJson = false;
          }
          expect(codeOf(() => parseBoundedJson(text, 'variables'))).toBe(isJson ? 'OK' : 'BAD_USER_INPUT');
        },
      ),
      { numRuns: 500 },
    );
  });

  test('written into a query is what it is as a variable', () => {
    const name = fc.stringMatching(/^[_A-Za-z]\w{0,5}$/);
    const { object } = fc.letrec<{ object: object; item: unknown }>((tie) => ({
      object: fc.dictionary(name, tie('item'), { maxKeys: 4, noNullPrototype: true }),
      item: fc.oneof(
        { maxDepth: 3 },
        hostileText,
        fc.integer(),
        fc.constantFrom(null, true, false, 1.5, 1e300),
        tie('object'),
        fc.array(tie('item'), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(object, (given) => {
        // GraphQL writes objects as JSON does, but for the quotes around names.
        const literal = (item: unknown): string => {
          if (Array.isArray(item)) return `[${item.map(literal).join(' ')}]`;
          if (typeof item !== 'object' || item === null) return JSON.stringify(item);
          return `{${Object.entries(item)
            .map(([key, inside]) => `${key}: ${literal(inside)}`)
            .join(' ')}}`;
        };
        expect(JSON.stringify(jsonObject.parseLiteral(parseValue(literal(given)), {}))).toBe(
          JSON.stringify(given),
        );
      }),
      { numRuns: 300 },
    );
  });
});
