/** Introspection and GraphiQL switched off: what clients need still works, and nothing tells names of the schema. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  buildSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './support/graphql-calls.ts';
import { type GraphqlAnswer, repository, type Service, startService } from './support/service.ts';

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

let service: Service;
/** With both switched on, for comparison. */
let open: Service;
beforeAll(async () => {
  service = await startService({ GRIDHOLD_INTROSPECTION: 'off', GRIDHOLD_GRAPHIQL: 'off' });
  open = await startService();
});

describe('introspection that is off', () => {
  it.each([
    ['as tools send it', getIntrospectionQuery()],
    ['of the schema', '{ __schema { queryType { name } } }'],
    ['of one type', '{ __type(name: "File") { name } }'],
    ['by another name', '{ typename: __schema { types { name } } }'],
    [
      'in a fragment',
      '{ ...a } fragment a on Query { ...b } fragment b on Query { __schema { types { name } } }',
    ],
    ['in a fragment without a name', '{ ... on Query { ... { __type(name: "File") { name } } } }'],
    [
      'behind a variable',
      'query ($yes: Boolean = true) { __typename __schema @include(if: $yes) { types { name } } }',
    ],
    ['in an operation that is not run', 'query A { __typename } query B { __schema { types { name } } }'],
  ])('is refused %s: 400 GRAPHQL_VALIDATION_FAILED', async (_how, query) => {
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query, ...(query.startsWith('query A') ? { operationName: 'A' } : {}) }),
    });
    expect(response.status).toBe(400);
    const answer: GraphqlAnswer<unknown> = await response.json();
    expect(refusal(answer).code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(refusal(answer).message).toMatch(
      /^__(?:schema|type) is not answered: introspection is switched off$/,
    );
  });

  it('leaves __typename, which caches live on, everywhere', async () => {
    const { data } = await service.graphql('{ __typename files { __typename pageInfo { a: __typename } } }');
    expect(data).toEqual({
      __typename: 'Query',
      files: { __typename: 'FileConnection', pageInfo: { a: 'PageInfo' } },
    });
  });
});

/** Each is a slip of one letter or more that GraphQL.js knows a better name for. */
const slips: readonly [what: string, query: string, variables?: object][] = [
  ['a field', '{ filez { nodes { id } } }'],
  ['a field below', '{ files { nodes { filenam } } }'],
  ['a field of an interface', '{ node(id: "x") { filename } }'],
  ['a mutation', 'mutation { deleteFil(id: "x") { deleted } }'],
  ['an argument', '{ file(idd: "x") { id } }'],
  ['an argument below', '{ files { nodes { url(downloadd: true) } } }'],
  ['an argument of a directive', '{ __typename @include(iff: true) }'],
  ['a type', 'query ($a: FileFilte) { files(filter: $a) { totalCount } }'],
  ['the type of a fragment', '{ ...a } fragment a on Querry { __typename }'],
  ['a value of an enum', '{ files(filter: { visibility: PUBLI }) { totalCount } }'],
  ['a value of an enum as text', '{ files(filter: { visibility: "PUBLIC" }) { totalCount } }'],
  ['a key of an input', '{ files(filter: { filenam: "x" }) { totalCount } }'],
  ['a key of a nested input', 'mutation { generateUploadUrl(input: { attachTo: { documen: 1 } }) { id } }'],
  ['a field without its own fields', '{ files }'],
  [
    'a key in a variable',
    'query ($f: FileFilter) { files(filter: $f) { totalCount } }',
    { f: { filenam: 'x' } },
  ],
  [
    'an enum in a variable',
    'query ($f: FileFilter) { files(filter: $f) { totalCount } }',
    { f: { visibility: 'PUBLI' } },
  ],
  [
    'an enum that is a variable',
    'query ($v: Visibility) { files(filter: { visibility: $v }) { totalCount } }',
    { v: 'PRIVAT' },
  ],
  [
    'a nested key in a variable',
    'mutation ($i: StoreFileInput, $f: Upload!) { uploadFile(input: $i, file: $f) { id } }',
    { i: { attachTo: { documen: { collectio: 'a' } } }, f: null },
  ],
];

/** Of fields, arguments, input fields and enum values; words that English has as well are left out. */
function namesOf(schema: GraphQLSchema): Set<string> {
  const names = Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => {
      if (isEnumType(type)) return type.getValues().map(({ name }) => name);
      if (isInputObjectType(type)) return Object.keys(type.getFields());
      if (!isObjectType(type) && !isInterfaceType(type)) return [];
      return Object.values(type.getFields()).flatMap(({ name, args }) => [
        name,
        ...args.map((arg) => arg.name),
      ]);
    });
  return new Set(names.filter((name) => !['field', 'to', 'by', 'input', 'document'].includes(name)));
}

describe('messages without introspection', () => {
  it.each(slips)('suggest no name for %s', async (_what, query, variables = {}) => {
    const hidden = await service.graphql(query, variables);
    expect(hidden.errors?.length).toBeGreaterThan(0);
    const shown = await open.graphql(query, variables);
    expect(JSON.stringify(shown.errors)).toContain('Did you mean');
    expect(JSON.stringify(hidden)).not.toContain('Did you mean');
    // What is wrong is said all the same: the same errors, up to the suggestion.
    const withoutSuggestions = shown.errors?.map(({ message }) => message.replace(/ Did you mean .*/s, ''));
    expect(hidden.errors?.map(({ message }) => message)).toEqual(withoutSuggestions);
  });

  it('tell of no field, argument or enum value that the query does not name itself', async () => {
    const schema = buildSchema(await readFile(resolve(repository, 'schema.graphql'), 'utf8'));
    const names = namesOf(schema);
    expect(names.size).toBeGreaterThan(80);
    for (const [, query, variables = {}] of slips) {
      const asked = `${query} ${JSON.stringify(variables)}`;
      const { errors } = await service.graphql(query, variables);
      const told = new Set(errors?.flatMap(({ message }) => message.match(/\w+/g) ?? []));
      expect(
        [...told].filter((word) => names.has(word) && !asked.includes(word)),
        query,
      ).toEqual([]);
    }
  });
});

describe('GraphiQL that is off', () => {
  it('is no page, has no files, and nothing leads there', async () => {
    const [, asset = ''] =
      /src="([^"]+)"/.exec(await (await fetch(`${open.url}/graphql`, { headers: browser })).text()) ?? [];
    expect((await fetch(new URL(asset, `${open.url}/`))).status).toBe(200);
    expect((await fetch(new URL(asset, `${service.url}/`))).status).toBe(404);
    for (const path of ['/graphql', '/graphql/']) {
      const page = await fetch(`${service.url}${path}`, { headers: browser });
      expect(page.status).toBe(400);
      expect(page.headers.get('content-type')).toMatch(/json/);
      expect(await page.text()).toContain('BAD_USER_INPUT');
    }
    const root = await fetch(service.url, { headers: browser, redirect: 'manual' });
    expect(root.status).toBe(404);
  });

  it('is not promised at the start, where GraphQL is', () => {
    expect(service.output()).toContain(`GraphQL   ${service.url}/graphql`);
    expect(service.output()).not.toContain('GraphiQL');
    expect(open.output()).toContain(`GraphiQL  ${open.url}/graphql`);
  });

  it('leaves GraphQL by GET and by POST', async () => {
    const got = await fetch(`${service.url}/graphql?query={__typename}`, { headers: browser });
    expect(await got.text()).toBe('{"data":{"__typename":"Query"}}');
    expect((await service.graphql('{ __typename }')).data).toEqual({ __typename: 'Query' });
  });
});
