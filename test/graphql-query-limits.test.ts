/**
 * The worst documents and variables that a request can carry: each is refused by a limit that has a name, and soon. The
 * time is bounded generously; docs/decisions/015 has what was measured.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Service, startService } from './support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
  // The first request loads GraphQL itself.
  await service.graphql('{ __typename }');
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly errors: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

const mostMs = 5_000;

async function send(body: string): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body,
  });
  const text = await response.text();
  expect(performance.now() - startedAt).toBeLessThan(mostMs);
  const { errors = [] }: Partial<Answer> = JSON.parse(text);
  return { status: response.status, text, errors };
}

const ask = (query: string, variables: object = {}): Promise<Answer> =>
  send(JSON.stringify({ query, variables }));

const times = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(' ');

const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const fragmentsInFragments = (spreads: number): string =>
  `{ ...f0 } ${times(60, (index) => `fragment f${index} on Query { ${`...f${index + 1} `.repeat(spreads)} }`)} fragment f60 on Query { __typename }`;

const nested = (levels: number): string =>
  `{ ${'document(collection: "a", documentId: "b") { attachments { nodes { '.repeat(1)}${'document { attachments { nodes { '.repeat(levels)} id ${'} } } '.repeat(levels + 1)} }`;

describe('a document is refused with 400 and the name of the limit', () => {
  it.each<[what: string, query: string, limit: RegExp]>([
    [
      'aliases × 10,000',
      `{ ${times(10_000, (index) => `a${index}:__typename`)} }`,
      /at most 100000 characters/,
    ],
    ['aliases × 600', `{ ${times(600, (index) => `a${index}:__typename`)} }`, /600 fields; at most 500/],
    ['aliases × 101', `{ ${times(101, (index) => `a${index}:__typename`)} }`, /101 aliases; at most 100/],
    ['depth 24', nested(7), /depth is 25; at most 20/],
    ['depth 100', `{ ${'a{'.repeat(99)}a${'}'.repeat(99)} }`, /depth is 100; at most 20/],
    ['depth 5,000', `{ ${'a{'.repeat(5_000)}a${'}'.repeat(5_000)} }`, /more than 2000 tokens/],
    ['exponential fragments', fragmentsInFragments(2), /more than 500 fields/],
    ['fragments to the power of ten', fragmentsInFragments(10), /more than 500 fields/],
    [
      'the depth that fragments hide',
      `{ ...f0 } ${times(25, (index) => `fragment f${index} on Query { a { ...f${index + 1} } }`)} fragment f25 on Query { a }`,
      /depth is 26; at most 20/,
    ],
    [
      'the aliases that fragments hide',
      `{ ${'...f '.repeat(11)} } fragment f on Query { ${times(10, (index) => `a${index}: __typename`)} }`,
      /110 aliases; at most 100/,
    ],
    ['@include × 600', `{ __typename ${'@include(if: true) '.repeat(600)} }`, /more than 2000 tokens/],
    ['@include × 10,000', `{ __typename ${'@skip(if:0)'.repeat(10_000)} }`, /at most 100000 characters/],
    ['unknown directives × 900', `{ __typename ${'@x '.repeat(900)} }`, /900 directives; at most 100/],
    [
      'directives on variables and fragments',
      `query (${times(60, (index) => `$a${index}: ID @x`)}) { ...f } fragment f on Query ${'@x '.repeat(60)} { __typename }`,
      /120 directives; at most 100/,
    ],
    ['fields of one name', `{ ${'storage { id } '.repeat(490)} }`, /980 fields; at most 500/],
    ['variables × 10,000', `query (${times(10_000, () => '$a:A')}) { __typename }`, /more than 2000 tokens/],
    ['lists in lists', `{ filesByIds(ids: ${lists(900)}) { id } }`, /nested 902 deep; at most 100/],
    [
      'types of lists of lists',
      `query ($a: ${'['.repeat(900)}ID${']'.repeat(900)}) { __typename }`,
      /nested 901 deep/,
    ],
    [
      'a bomb of lists',
      `{ ${times(40, (index) => `a${index}: files(first: 1) { totalCount }`)} }`,
      /complexity is 600\d+; at most 200000/,
    ],
  ])('%s', async (_what, query, limit) => {
    const { status, errors } = await ask(query);
    expect(status).toBe(400);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toMatch(limit);
    expect(errors[0]?.extensions.code).toBe(
      /characters/.test(limit.source) ? 'BAD_USER_INPUT' : 'QUERY_COMPLEXITY',
    );
  });

  it('of 10 MB: 413, before it is read', async () => {
    const { status, errors } = await ask(`{ __typename } #${'x'.repeat(10_000_000)}`);
    expect(status).toBe(413);
    expect(errors[0]?.extensions.code).toBe('REQUEST_TOO_LARGE');
  });
});

describe('what is within the limits and still hard', () => {
  it.each<[what: string, query: string]>([
    [
      'cycles of fragments',
      `{ ...f0 } ${times(60, (index) => `fragment f${index} on Query { ${times(5, (other) => `...f${(index * 7 + other * 3) % 60}`)} }`)}`,
    ],
    [
      'many fragments spread together',
      `{ ${times(140, (index) => `...f${index}`)} } ${times(140, (index) => `fragment f${index} on Query { storage { id } }`)}`,
    ],
    ['fields that conflict', `{ ${times(150, (index) => `file(id: "${index}") { id }`)} }`],
    ['one field, 250 times', `{ ${'storage { id } '.repeat(250)} }`],
    ['one field with fields of one name below', `{ ${'storage { id id id id id } '.repeat(80)} }`],
    ['many operations', times(400, (index) => `query q${index} { __typename }`)],
    ['variables that nobody uses', `query (${times(450, (index) => `$v${index}: ID`)}) { __typename }`],
    ['a very long name', `{ ${'x'.repeat(99_000)} }`],
    ['a huge string', `{ file(id: "${'x'.repeat(99_000)}") { id } }`],
    ['a number of 99,000 digits', `{ files(first: ${'9'.repeat(99_000)}) { totalCount } }`],
    ['a thousand errors', `{ ${times(499, (index) => `filez${index}`)} }`],
    ['comments and commas only', `{ __typename } ${','.repeat(40_000)}${'#\n'.repeat(20_000)}`],
  ])('is answered soon and shortly: %s', async (_what, query) => {
    const { text, errors } = await ask(query);
    expect(text.length).toBeLessThan(20_000);
    expect(errors.length).toBeLessThanOrEqual(10);
  });

  it('tells of ten errors at most, in the document and in its variables', async () => {
    const document = await ask(`{ ${times(100, (index) => `filez${index}`)} }`);
    const variables = await ask('query ($ids: [ID!]!) { filesByIds(ids: $ids) { id } }', {
      ids: Array(15_000).fill(true),
    });
    for (const { status, errors } of [document, variables]) {
      expect(status).toBe(400);
      expect(errors).toHaveLength(10);
    }
  });
});

describe('the JSON of a request', () => {
  const uses = 'query ($x: UpdateFileInput) { __typename @skip(if: false) }';

  it.each<[what: string, body: string]>([
    ['of nothing but brackets', lists(400_000)],
    ['of brackets never closed', '['.repeat(900_000)],
    ['with variables nested 100,000 deep', `{"query":"{ __typename }","variables":{"a":${lists(100_000)}}}`],
    [
      'with objects nested 50,000 deep',
      `{"query":"${uses}","variables":{"x":${'{"metadata":'.repeat(50_000)}1${'}'.repeat(50_000)}}}`,
    ],
    ['with extensions nested deep', `{"query":"{ __typename }","extensions":{"a":${lists(200)}}}`],
    ['with 200,000 values', `{"query":"{ __typename }","variables":{"a":[${'1,'.repeat(200_000)}1]}}`],
  ])('%s is refused: BAD_USER_INPUT', async (_what, body) => {
    const { status, errors } = await send(body);
    expect(status).toBe(400);
    expect(errors[0]?.message).toMatch(/must not (?:be nested deeper than 100|hold more than 20000 values)/);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('counts no brackets, commas or quotes inside of strings', async () => {
    const hostile = `${'[{"'.repeat(1_000)}\\${','.repeat(50_000)}\\\\"`;
    expect((await ask('query ($id: ID!) { file(id: $id) { id } }', { id: hostile })).text).toBe(
      '{"data":{"file":null}}',
    );
  });

  it('by GET is bounded alike', async () => {
    const search = new URLSearchParams({ query: '{ __typename }', variables: `{"a":${lists(101)}}` });
    const response = await fetch(`${service.url}/graphql?${search}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('variables: must not be nested deeper than 100');
  });

  it('with keys that are no keys changes nothing for others', async () => {
    const query =
      'query ($id: ID!, $order: FileOrder) { file(id: $id) { id } files(orderBy: $order) { nodes { __proto__: id } } }';
    const answer = await send(
      `{"query":${JSON.stringify(query)},"variables":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"id":"x","order":{"field":"SIZE","direction":"ASC","__proto__":{"polluted":1}}}}`,
    );
    expect(answer.status).toBe(400);
    expect(answer.errors[0]?.message).toContain('"__proto__" is not defined');
    const next = await ask('{ __proto__: __typename }');
    expect(next.text).toBe('{"data":{"__proto__":"Query"}}');
  });
});

describe('a batch', () => {
  const batch = async (queries: readonly string[]): Promise<string[]> => {
    const { text } = await send(JSON.stringify(queries.map((query) => ({ query }))));
    const results: { data?: unknown; errors?: { extensions: { code: string } }[] }[] = JSON.parse(text);
    return results.map(({ errors }) => errors?.[0]?.extensions.code ?? 'answered');
  };

  it('of ten of the worst is worth no more than one: its tokens count together', async () => {
    const heavy = (index: number): string => `{ ${'storage { id } '.repeat(200)} } # ${index}`;
    const codes = await batch(Array.from({ length: 10 }, (_, index) => heavy(index)));
    expect(codes.filter((code) => code === 'answered').length).toBeLessThanOrEqual(2);
    expect(codes.filter((code) => code === 'QUERY_COMPLEXITY').length).toBeGreaterThanOrEqual(8);
  });

  it('counts its complexity together, of documents that were seen before as well', async () => {
    const query = `{ ${times(3, (index) => `a${index}: files(first: 1) { totalCount }`)} }`;
    expect((await ask(query)).errors).toEqual([]);
    const codes = await batch(Array(10).fill(query));
    expect(new Set(codes)).toEqual(new Set(['answered', 'QUERY_COMPLEXITY']));
    expect(codes.filter((code) => code === 'answered')).toHaveLength(4);
  });
});

it('other clients are answered meanwhile, and afterwards', async () => {
  const bombs = Array.from({ length: 20 }, (_, index) => ask(`${fragmentsInFragments(10)} # ${index}`));
  expect((await ask('{ __typename }')).text).toBe('{"data":{"__typename":"Query"}}');
  for (const { status } of await Promise.all(bombs)) expect(status).toBe(400);
});
