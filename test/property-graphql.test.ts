/** What is looked over before GraphQL works on it: documents, and the map of a multipart request. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { describe, expect, test } from 'vitest';
import { measureDocument, measureText, type Shape } from '../src/graphql/document-shape.ts';
import { checkMap } from '../src/graphql/uploads/check-map.ts';
import { ClientBody } from '../src/graphql/uploads/client-body.ts';
import { multipartBody, multipartType } from './support/multipart-request.ts';

describe('a document', () => {
  const directives = fc.constantFrom('', '', ' @a', ' @a @b(x: [1])');
  const { selections } = fc.letrec<{ selections: string; selection: string }>((tie) => ({
    selections: fc
      .array(tie('selection'), { minLength: 1, maxLength: 3 })
      .map((items) => `{ ${items.join(' ')} }`),
    selection: fc.oneof(
      { maxDepth: 4 },
      fc.tuple(fc.constantFrom('f', 'x: f', 'f(a: {b: "} [("})'), directives).map((parts) => parts.join('')),
      fc.tuple(fc.nat({ max: 3 }), directives).map(([number, more]) => `...F${number}${more}`),
      fc.tuple(fc.constantFrom('f', 'x: f'), directives, tie('selections')).map((parts) => parts.join('')),
      fc.tuple(directives, tie('selections')).map(([more, inside]) => `...${more}${inside}`),
    ),
  }));
  /** Fragments spread only those before them: cycles are validation's. F0 is never there. */
  const document = fc
    .tuple(selections, directives, fc.array(fc.tuple(selections, directives), { maxLength: 3 }))
    .map(([operation, more, fragments]) => {
      const written = fragments.map(([inside, its], index) => {
        const earlier = inside.replace(/\.\.\.F(\d)/g, (_, number) => `...F${Number(number) % (index + 1)}`);
        return `fragment F${index + 1} on T${its} ${earlier}`;
      });
      return `query($v: Int${more})${more} ${operation} ${written.join(' ')}`;
    });

  /** Every fragment stands where it is spread, again and again. */
  function expanded(parsed: DocumentNode, set: SelectionSetNode | undefined): Shape[] {
    return (set?.selections ?? []).map((selection) => {
      const own = selection.directives?.length ?? 0;
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = parsed.definitions.find(
          (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value,
        );
        if (fragment?.kind !== Kind.FRAGMENT_DEFINITION)
          return { depth: 0, breadth: 0, aliases: 0, directives: own };
        return sum(expanded(parsed, fragment.selectionSet), own + (fragment.directives?.length ?? 0));
      }
      const inside = sum(expanded(parsed, selection.selectionSet), own);
      if (selection.kind === Kind.INLINE_FRAGMENT) return inside;
      return {
        ...inside,
        depth: inside.depth + 1,
        breadth: inside.breadth + 1,
        aliases: inside.aliases + (selection.alias ? 1 : 0),
      };
    });
  }
  function sum(shapes: readonly Shape[], directivesMore: number): Shape {
    const total = (key: keyof Shape): number => shapes.reduce((whole, shape) => whole + shape[key], 0);
    return {
      depth: Math.max(0, ...shapes.map(({ depth }) => depth)),
      breadth: total('breadth'),
      aliases: total('aliases'),
      directives: total('directives') + directivesMore,
    };
  }

  test('is as large as it is with every fragment in its place', () => {
    fc.assert(
      fc.property(document, (text) => {
        const parsed = parse(text);
        const shapes = parsed.definitions.map((definition) => {
          if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION)
            throw new Error('no other is written');
          const ofVariables = (definition.variableDefinitions ?? []).flatMap(
            (variable) => variable.directives ?? [],
          );
          const own = (definition.directives?.length ?? 0) + ofVariables.length;
          return sum(expanded(parsed, definition.selectionSet), own);
        });
        const most = (key: keyof Shape): number => Math.max(...shapes.map((shape) => shape[key]));
        expect(measureDocument(parsed)).toEqual({
          depth: most('depth'),
          breadth: most('breadth'),
          aliases: most('aliases'),
          directives: most('directives'),
        });
      }),
      { numRuns: 500 },
    );
  });

  test('has the tokens and the brackets that stand in it, outside of texts', () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 1, max: 60 }), (text, most) => {
        const found = text.match(/"(?:[^"\\]|\\.)*"|\.\.\.|[\w]+|[!$&()@:=[\]{|}]/g) ?? [];
        const whole = measureText(text, 10_000);
        expect(whole.tokens).toBe(found.length);
        let [open, nesting] = [0, 0];
        for (const token of found) {
          if (/^[([{]$/.test(token)) nesting = Math.max(nesting, ++open);
          else if (/^[)\]}]$/.test(token)) open -= 1;
        }
        expect(whole.nesting).toBe(nesting);
        // It stops at the first that is too many.
        expect(measureText(text, most).tokens).toBe(Math.min(found.length, most + 1));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the map of a multipart request', () => {
  const path = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'variables.file',
        'variables.a',
        'variables._b9',
        '0.variables.file',
        '12.variables.a',
      ),
    },
    fc.constantFrom(
      ...[
        'variables',
        'variables.',
        'variables.a.b',
        'hasOwnProperty.call',
        '__proto__.x',
        'variables.9a',
        '-1.variables.a',
      ],
      ...[
        '12345.variables.a',
        'variables.a ',
        ' variables.a',
        'query',
        '',
        'variables.a\n',
        '0.0.variables.a',
        'Variables.a',
      ],
    ),
  );
  const entry = fc.oneof(
    { weight: 6, arbitrary: fc.array(path, { maxLength: 3 }) },
    fc.constantFrom<unknown>('variables.a', null, {}, [1], [['variables.a']], 7),
  );
  const map = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.dictionary(fc.stringMatching(/^\w{1,3}$/), entry, { maxKeys: 4, noNullPrototype: true }),
    },
    fc.constantFrom<unknown>([], null, 'x', 1, true),
  );
  const mayStand = /^(\d{1,4}\.)?variables\.[A-Za-z_]\w*$/;

  /** How many files it announces; null where it must not pass. */
  function announced(given: unknown): number | null {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return null;
    const entries: unknown[] = Object.values(given);
    const paths = entries.flat();
    const areLists = entries.every((one) => Array.isArray(one) && one.length > 0);
    const arePaths = paths.every(
      (one) => typeof one === 'string' && mayStand.test(one) && !one.includes('\n'),
    );
    return areLists && arePaths && new Set(paths).size === paths.length ? entries.length : null;
  }

  test('passes where it names variables, each once; and the body is then as it came, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(map, fc.integer({ min: 1, max: 300 }), async (given, pieceBytes) => {
        const whole = multipartBody([
          { name: 'operations', body: '{"query": "{ x }"}' },
          { name: 'map', body: JSON.stringify(given) },
          { name: '0', body: 'the file', filename: 'a.txt' },
        ]);
        const pieces = Array.from({ length: Math.ceil(whole.byteLength / pieceBytes) }, (_, index) =>
          whole.subarray(index * pieceBytes, (index + 1) * pieceBytes),
        );
        const body = new ClientBody(Readable.from(pieces), { contentType: multipartType, limitBytes: 1e6 });
        const files = await checkMap(body).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
          return null;
        });
        expect(files).toBe(announced(given));
        expect(await buffer(body)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });
});
