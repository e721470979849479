/** What clients may name and note, whatever it holds, comes back the same; what can't is refused by its name. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import type { Gridhold } from '../src/gridhold.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, incomingOf, refusalOf, tokenOf } from './support/use-case-input.ts';

let store: TestGridhold;
let gridhold: Gridhold;
let rules: UseCases;

beforeAll(async () => {
  store = await openTestGridhold();
  gridhold = store.gridhold;
  rules = gridhold.useCases;
});

/** Through every way that writes it: a store, an upload URL, an update. */
async function there(input: {
  filename?: string | null;
  metadata?: JsonObject;
}): Promise<{ filename: unknown; metadata: unknown }[]> {
  const { id } = await gridhold.store(Buffer.from('bytes'), input);
  const uploadUrl = await rules.generateUploadUrl(input, app);
  const { file: sent } = await rules.receiveUpload(tokenOf(uploadUrl), async () => incomingOf('bytes'));
  const plain = await gridhold.store(Buffer.from('bytes'), {
    metadata: { before: true },
    filename: 'before',
  });
  const updated = await rules.updateFile(plain.id, input, app);
  const [stored, listed] = await rules.filesByIds([id, updated.id], app);
  return [sent, updated, stored, listed].map((file) => ({
    filename: file?.filename,
    metadata: file?.metadata,
  }));
}

const wholeText = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: 'grapheme', maxLength });

describe('names', () => {
  test.each([
    '',
    ' ',
    'a.txt',
    'ü ñ 日本語 🏔️.jpg',
    '"quoted" and \'quoted\'',
    'two\nlines\r\n',
    'tab\t',
    '../../etc/passwd',
    'C:\\temp\\a',
    '/',
    'x'.repeat(300),
    '🏔'.repeat(300),
    '$owner',
    '$$ROOT',
    '{"$function":{}}',
    'nul\0inside',
    '\u202egpj.exe',
    'é',
    'e\u0301',
    '\uffff',
    '.',
    'null',
  ])('come back as they were (%#)', async (filename) => {
    for (const file of await there({ filename })) expect(file.filename).toBe(filename);
  });

  test('may be none', async () => {
    for (const file of await there({ filename: null })) expect(file.filename).toBeNull();
    expect((await gridhold.store(Buffer.from('x'), {})).filename).toBeNull();
    expect((await gridhold.store(new File(['x'], 'of the File'), {})).filename).toBe('of the File');
  });

  test('that can’t come back are refused', async () => {
    for (const filename of ['\ud800', 'a\udc00b', 'x'.repeat(1_025)]) {
      const refusal = await refusalOf(gridhold.store(Buffer.from('x'), { filename }));
      expect(refusal?.code).toBe('BAD_USER_INPUT');
      expect(refusal?.message).toContain('filename');
    }
  });

  test('of any kind come back as they were', async () => {
    const { id } = await gridhold.store(Buffer.from('bytes'));
    await fc.assert(
      fc.asyncProperty(wholeText(300), async (filename) => {
        expect((await rules.updateFile(id, { filename }, app)).filename).toBe(filename);
      }),
      { numRuns: 50 },
    );
  });
});

describe('metadata', () => {
  test.each<[string, string]>([
    ['nothing', '{}'],
    ['field paths', '{"a": "$owner", "b": "$$ROOT", "$owner": "$filename", "$$ROOT": 1}'],
    [
      'code',
      '{"$function": {"body": "function(){ throw 1 }", "args": [], "lang": "js"}, "$where": "sleep(1)"}',
    ],
    ['operators', '{"$set": {"keep": true}, "$literal": [1], "$expr": {"$gt": [1, 0]}, "$inc": 1}'],
    [
      'prototypes',
      '{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}, "a": {"__proto__": null, "toString": 1}}',
    ],
    [
      'types of BSON',
      '{"_bsontype": "ObjectId", "id": "x", "a": {"_bsontype": "Long", "low": 1, "high": 2}, "toBSON": 1, "toJSON": 2}',
    ],
    [
      'references',
      '{"$ref": "users", "$id": 7, "$db": "app", "more": {"$ref": "users", "$id": {"$oid": "x"}, "note": 1}}',
    ],
    [
      'references with dots',
      '{"a": {"$ref": "app.users", "$id": null}, "b": {"$ref": "a.b.c", "$id": 7, "$db": "x"}, "c": {"$ref": "a.b"}}',
    ],
    ['references with prototypes', '{"a": {"$ref": "users", "$id": 7, "__proto__": {"polluted": true}}}'],
    [
      'parts of references',
      '{"a": {"$id": 1}, "b": {"$ref": "x"}, "c": {"$ref": 1, "$id": 2}, "d": {"$db": "x"}, "e": {"$id": 1, "$ref": "x"}, "f": {"$ref": "x", "$id": null}}',
    ],
    [
      'extended JSON',
      '{"a": {"$oid": "507f1f77bcf86cd799439011"}, "b": {"$date": "2020-01-01"}, "c": {"$numberLong": "1"}, "d": {"$binary": ""}}',
    ],
    ['dots and nothing as keys', '{"a.b": 1, ".": 2, "": 3, "a..b": {"c.d": 4}, "0": 5, "_id": 6}'],
    [
      'numbers',
      '{"int": 1, "long": 9007199254740991, "big": 1e300, "tiny": 5e-324, "half": 0.5, "minus": -1, "third": 2147483648}',
    ],
    [
      'everything else',
      '{"t": true, "n": null, "a": [[], {}, [null, {"x": []}]], "s": "\\u0000 \\ud83d\\udc4d \\n", "ключ": "ü"}',
    ],
    [
      'lists under names of Object.prototype',
      '{"constructor": [{}], "toString": [1], "__proto__": [{"a": ["b"]}], "valueOf": {"hasOwnProperty": []}}',
    ],
    ['a length', '{"length": 3, "size": 1, "0": "a"}'],
  ])('of %s comes back as it was', async (_, json) => {
    const metadata: JsonObject = JSON.parse(json);
    for (const file of await there({ metadata })) {
      expect(file.metadata).toEqual(metadata);
      // Own keys that hide behind a prototype count, too.
      expect(sorted(file.metadata)).toBe(sorted(JSON.parse(json)));
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('of any JSON comes back as it was', async () => {
    const { id } = await gridhold.store(Buffer.from('bytes'));
    const keys = fc.oneof(
      wholeText(8),
      fc.constantFrom('$ref', '$id', '$db', '__proto__', '_bsontype', '$set', 'a.b', ''),
    );
    const { object } = fc.letrec<{ object: JsonObject; value: JsonValue }>((tie) => ({
      object: fc.dictionary(
        keys.filter((key) => !key.includes('\0')),
        tie('value'),
        { maxKeys: 4, noNullPrototype: true },
      ),
      value: fc.oneof(
        { maxDepth: 4 },
        wholeText(20),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.constantFrom(true, false, null, 'users'),
        tie('object'),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(object, async (metadata) => {
        const json = JSON.stringify(metadata);
        fc.pre(Buffer.byteLength(json) <= 16_384 && !/"\$ref":"[^"]*\./.test(json));
        const file = await rules.updateFile(id, { metadata: JSON.parse(json) }, app);
        expect(sorted(file.metadata)).toBe(sorted(JSON.parse(json)));
      }),
      { numRuns: 200 },
    );
  });

  const nested = (depth: number): JsonObject => (depth === 0 ? {} : { a: nested(depth - 1) });
  test('may be 16 KiB and nest fairly deep', async () => {
    const frame = Buffer.byteLength(JSON.stringify({ text: '' }));
    const metadata = { text: 'ü'.repeat((16_384 - frame) / 2) };
    for (const input of [{ metadata }, { metadata: nested(40) }]) {
      for (const file of await there(input)) expect(file.metadata).toEqual(input.metadata);
    }
  });

  test.each<[string, unknown]>([
    ['over 16 KiB', { text: 'x'.repeat(16_384 - 10) }],
    ['over 16 KiB in UTF-8', { text: 'ü'.repeat(8_192) }],
    ['nested too deep', nested(200)],
    ['half of a surrogate pair', { text: '\ud83d' }],
    ['half of a surrogate pair as a key', { '\udc00': 1 }],
    ['half of a surrogate pair in a list', { list: [['\ud83d']] }],
    ['NUL in a key', { 'a\0b': 1 }],
    ['NUL in a key below', { a: [{ '\0': 1 }] }],
    ['a reference that drivers split', { a: [{ $ref: 'app.users', $id: 7 }] }],
    ['no JSON: a list', []],
    ['no JSON: a text', 'text'],
    ['no JSON: undefined', { a: undefined }],
    ['no JSON: a date', { a: new Date() }],
    ['no JSON: a Map', { a: new Map() }],
    ['no JSON: infinity', { a: Infinity }],
    ['no JSON: a bigint', { a: 1n }],
  ])('that is %s is refused by every way', async (_, value) => {
    const metadata = value as JsonObject;
    const { id } = await gridhold.store(Buffer.from('bytes'));
    for (const work of [
      () => gridhold.store(Buffer.from('bytes'), { metadata }),
      () => rules.generateUploadUrl({ metadata }, app),
      () => rules.updateFile(id, { metadata }, app),
    ]) {
      const refusal = await refusalOf(work());
      expect(refusal?.code).toBe('BAD_USER_INPUT');
      expect(refusal?.message).toContain('metadata');
    }
  });
});

/** JSON with the keys of every object in one order: objects have none. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1)))
      : item,
  );
}
