/**
 * What clients put in comes back as it was: names and metadata that look like operators, expressions or prototypes,
 * through variables and through literals.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { newFile, refusal } from './support/graphql-calls.ts';
import { databaseOf } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});

interface Known {
  readonly filename: string | null;
  readonly metadata: unknown;
}
const fields = 'filename metadata owner refCount';

/** Sent as the text that it is: an object literal could not hold `__proto__` as a key. */
async function throughVariables(id: string, inputJson: string): Promise<{ text: string; known: Known }> {
  const query = `mutation ($id: ID!, $input: UpdateFileInput!) { updateFile(id: $id, input: $input) { ${fields} } }`;
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"query": ${JSON.stringify(query)}, "variables": {"id": ${JSON.stringify(id)}, "input": ${inputJson}}}`,
  });
  const text = await response.text();
  const answer: { data: { updateFile: Known } } = JSON.parse(text);
  return { text, known: answer.data?.updateFile };
}
async function again(id: string): Promise<string> {
  const response = await fetch(
    `${service.url}/graphql?query=${encodeURIComponent(`{ file(id: "${id}") { metadata } }`)}`,
  );
  return await response.text();
}

describe('a file name', () => {
  it.each([
    '$owner',
    '$$ROOT',
    '$$NOW',
    '{"$function":{"body":"function(){return 1}","args":[],"lang":"js"}}',
    '__proto__',
    'null',
    '',
    ' ',
    '\u0000',
    'line\r\nbreak\ttab',
    '../../etc/passwd',
    'C:\\Users\\me\\x.txt',
    'quote " and \' and `',
    '%00%2F',
    '日本語 Ünïcödé 👩‍👩‍👧‍👦.txt',
    'e\u0301 stays decomposed',
    '\u202egnp.exe',
    '\ufeffbyte order mark',
    '😀'.repeat(1_024),
    'x'.repeat(1_024),
  ])('comes back the same: %j', async (filename) => {
    const id = await newFile(service, 'x', { filename });
    const { data } = await service.graphql('query ($id: ID!) { file(id: $id) { filename } }', { id });
    expect(data).toEqual({ file: { filename } });
    await service.graphql('mutation ($id: ID!) { updateFile(id: $id, input: { filename: null }) { id } }', {
      id,
    });
    const literal = await service.graphql(
      `mutation { updateFile(id: "${id}", input: { filename: ${JSON.stringify(filename)} }) { ${fields} } }`,
    );
    expect(literal.data).toEqual({ updateFile: { filename, metadata: {}, owner: null, refCount: 0 } });
  });

  it('that is half a surrogate pair is refused', async () => {
    const id = await newFile(service);
    const answer = await service.graphql(
      'mutation ($id: ID!, $filename: String) { updateFile(id: $id, input: { filename: $filename }) { id } }',
      { id, filename: 'half \ud83d' },
    );
    expect(refusal(answer)).toEqual({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('filename:'),
    });
  });
});

describe('metadata', () => {
  const cases = [
    '{"$owner":1,"a":"$owner"}',
    '{"$function":{"body":"function(){return 1}","args":[],"lang":"js"}}',
    '{"$expr":{"$eq":["$$ROOT",1]},"$where":"sleep(1000)"}',
    '{"$set":{"filename":"taken over"},"$unset":"filename"}',
    '{"a.b":{"c.d":1},".":2,"":3,"$":4}',
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":"x","hasOwnProperty":1}',
    '{"_id":1,"_bsontype":"ObjectId","$oid":"507f1f77bcf86cd799439011","$date":"2026-01-01","$numberLong":"1"}',
    '{"nested":{"_bsontype":"Long","low":1,"high":2},"list":[{"$ref":"x","$id":1}]}',
    '{"2":"two","1":"one","b":1,"a":2}',
    '{"int":9007199254740991,"negative":-0.5,"small":5e-324,"large":1.7976931348623157e+308,"zero":0}',
    '{"null":null,"true":true,"list":[null,[],{},[[1]]],"empty":""}',
    '{"\\u0001":"\\u0000 inside of a value","Ünïcödé 👩‍👩‍👧‍👦":"日本語","\u202e":"\u2028"}',
    '{"toJSON":"not a function","length":5,"then":"not a promise","valueOf":null}',
  ];

  it.each(cases)('comes back the same through variables: %s', async (metadata) => {
    const id = await newFile(service, 'x', { filename: 'name.txt' });
    const { text, known } = await throughVariables(id, `{"metadata":${metadata}}`);
    // Whole texts: a parsed __proto__ is compared by nothing.
    expect(text).toBe(
      JSON.stringify({
        data: { updateFile: { filename: 'name.txt', metadata: '@', owner: null, refCount: 0 } },
      }).replace('"@"', () => sameText(metadata)),
    );
    expect(known.filename).toBe('name.txt');
    expect(await again(id)).toBe(`{"data":{"file":{"metadata":${sameText(metadata)}}}}`);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('comes back the same through a literal, variables of any type inside of it', async () => {
    const id = await newFile(service);
    const { data, errors } = await service.graphql(
      `mutation ($id: ID!, $expression: String, $more: JSONObject, $size: SafeInt, $flag: Boolean, $when: DateTime) {
        updateFile(id: $id, input: { metadata: {
          __proto__: { polluted: true }, constructor: "c", text: "$owner", expression: $expression, more: $more
          list: [1, -2.5, $flag, null, [], {}], size: $size, when: $when
        } }) { metadata }
      }`,
      {
        id,
        expression: '$$ROOT',
        more: { $function: { body: 'x' }, 'a.b': 1 },
        size: 2 ** 53 - 1,
        flag: false,
        when: '2026-01-02T03:04:05+06:00',
      },
    );
    expect(errors).toBeUndefined();
    expect(await again(id)).toBe(
      '{"data":{"file":{"metadata":{"__proto__":{"polluted":true},"constructor":"c","text":"$owner","expression":"$$ROOT","more":{"$function":{"body":"x"},"a.b":1},"list":[1,-2.5,false,null,[],{}],"size":9007199254740991,"when":"2026-01-01T21:04:05.000Z"}}}}',
    );
    expect(data).toBeDefined();
  });

  it('is refused in a literal that is no JSON, before anything is done', async () => {
    const id = await newFile(service);
    for (const literal of ['{ a: ENUM }', '{ a: [{ b: [ENUM] }] }', 'ENUM', '[]', '"text"', '7']) {
      const answer = await service.graphql(
        `mutation { updateFile(id: "${id}", input: { metadata: ${literal} }) { id } }`,
      );
      expect(refusal(answer).code, literal).toBe('GRAPHQL_VALIDATION_FAILED');
    }
    expect(await again(id)).toBe('{"data":{"file":{"metadata":{}}}}');
  });

  it('goes unchanged through an upload URL, an upload by GraphQL and a library reader’s database', async () => {
    const metadata = { $owner: { $function: '$$ROOT' }, 'a.b': [null], _bsontype: 'Long' };
    const { data } = await service.graphql<{ generateUploadUrl: { url: string } }>(
      'mutation ($metadata: JSONObject) { generateUploadUrl(input: { metadata: $metadata }) { url } }',
      { metadata },
    );
    const stored: { id: string } = await (
      await fetch(data.generateUploadUrl.url, { method: 'POST', body: 'x' })
    ).json();
    const found = await service.graphql('query ($id: ID!) { file(id: $id) { metadata } }', { id: stored.id });
    expect(found.data).toEqual({ file: { metadata } });
    const db = await databaseOf(service);
    expect(await db.collection<{ _id: string }>('files').findOne({ _id: stored.id })).toMatchObject({
      metadata,
    });
  });

  it.each([
    ['deeper than it may be', `{"a":${'['.repeat(60)}${']'.repeat(60)}}`],
    ['a key with U+0000', '{"a\\u0000b":1}'],
    ['a key that is half a surrogate pair', '{"\\ud800":1}'],
    ['over 16 KiB', `{"a":"${'x'.repeat(16_384)}"}`],
    ['over 16 KiB in bytes', `{"a":"${'é'.repeat(8_192)}"}`],
    ['not an object', '[1]'],
    ['a number that is not finite', '{"a":1e999}'],
  ])('is refused where it is %s', async (_what, metadata) => {
    const id = await newFile(service);
    const { text } = await throughVariables(id, `{"metadata":${metadata}}`);
    expect(text).toContain('"code":"BAD_USER_INPUT"');
    expect(text).toContain('metadata');
    expect(await again(id)).toBe('{"data":{"file":{"metadata":{}}}}');
  });

  it('of exactly 16 KiB fits', async () => {
    const id = await newFile(service);
    const metadata = `{"a":"${'x'.repeat(16_384 - 8)}"}`;
    await throughVariables(id, `{"metadata":${metadata}}`);
    expect(await again(id)).toBe(`{"data":{"file":{"metadata":${metadata}}}}`);
  });
});

describe('owners, documents and fields', () => {
  it.each(['$owner', '{"$ne":null}', '__proto__', '%', '\u0000', 'null'])(
    'are taken as they are: %j',
    async (name) => {
      const { data } = await service.graphql<{ generateUploadUrl: { url: string } }>(
        `mutation ($name: String!, $id: ID!) { generateUploadUrl(input: {
        owner: $name, filename: $name, attachTo: { document: { collection: $name, documentId: $id }, field: $name }
      }) { url } }`,
        { name, id: name },
      );
      const stored: { id: string } = await (
        await fetch(data.generateUploadUrl.url, { method: 'POST', body: 'x' })
      ).json();
      const answer = await service.graphql(
        `query ($name: String!) {
        files(filter: { owner: $name }) { nodes { id owner attachments { nodes { field document { collection documentId } } } } }
        documents(collection: $name) { nodes { documentId attachments(field: $name) { totalCount } } }
      }`,
        { name },
      );
      const document = { collection: name, documentId: name };
      expect(answer.data).toEqual({
        files: {
          nodes: [{ id: stored.id, owner: name, attachments: { nodes: [{ field: name, document }] } }],
        },
        documents: { nodes: [{ documentId: name, attachments: { totalCount: 1 } }] },
      });
    },
  );
});

/** JSON in the one spelling that `JSON.stringify` gives, keys such as `__proto__` kept, and integer keys first. */
function sameText(json: string): string {
  const value: unknown = JSON.parse(json);
  return JSON.stringify(value);
}
