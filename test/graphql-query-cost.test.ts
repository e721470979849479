/** The limits on what a query may cost, and that nothing makes the service work long before it refuses. */
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './support/graphql-calls.ts';
import { readFigures } from './support/prometheus.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});

/** That the service has worked for: other programs of a busy machine do not count. */
async function cpuSeconds(): Promise<number> {
  const figures = readFigures(await (await fetch(`${service.url}/metrics`)).text());
  return figures.value('process_cpu_seconds_total') ?? Number.NaN;
}

describe('what a query may cost', () => {
  const page = (size: number, inner: string): string => `files(first: ${size}) { nodes { id ${inner} } }`;

  it('is enough for a hundred files with a hundred attachments each', async () => {
    const query = `{ ${page(100, 'attachments(first: 100) { nodes { id field document { collection documentId } file { url } } }')} }`;
    expect((await service.graphql(query)).errors).toBeUndefined();
  });

  it.each([
    [
      'a third level of a hundred',
      `{ ${page(100, `attachments(first: 100) { nodes { file { attachments(first: 100) { nodes { id } } } } }`)} }`,
    ],
    [
      'levels without an end',
      `{ ${'document(collection: "a", documentId: "b") { attachments { nodes { '}${'document { attachments { nodes { '.repeat(10)} id ${'} } } '.repeat(11)} }`,
    ],
    [
      'the same by fragments',
      `{ ...a } fragment a on Query { ${page(100, '...b')} } fragment b on File { attachments(first: 100) { nodes { file { ...c } } } } fragment c on File { attachments(first: 100) { nodes { id } } }`,
    ],
  ])('is over at %s: QUERY_COMPLEXITY', async (_what, query) => {
    expect(refusal(await service.graphql(query)).code).toBe('QUERY_COMPLEXITY');
  });

  it('counts a page by the variable that says its size', async () => {
    const query = `query ($first: Int) { files(first: $first) { nodes { attachments(first: $first) { nodes { file { attachments(first: $first) { nodes { id } } } } } } } }`;
    expect(refusal(await service.graphql(query, { first: 100 })).code).toBe('QUERY_COMPLEXITY');
    expect((await service.graphql(query, { first: 10 })).errors).toBeUndefined();
    // Out of range does not count as cheap.
    expect(refusal(await service.graphql(query, { first: 1_000_000 })).code).toBe('QUERY_COMPLEXITY');
  });

  it('is over at a bomb of aliases', async () => {
    const heavy = Array.from(
      { length: 40 },
      (_, index) => `a${index}: ${page(100, 'attachments(first: 100) { nodes { id } }')}`,
    );
    expect(refusal(await service.graphql(`{ ${heavy.join(' ')} }`)).code).toBe('QUERY_COMPLEXITY');
    const light = Array.from({ length: 3_000 }, (_, index) => `a${index}: __typename`);
    expect(refusal(await service.graphql(`{ ${light.join(' ')} }`)).code).toBe('QUERY_COMPLEXITY');
  });

  it('does not grow with directives: a thousand of them are answered at once', async () => {
    for (const directive of ['@include(if: true)', '@skip(if: false)', '@nonsense', '@deprecated']) {
      const before = await cpuSeconds();
      const answer = await service.graphql(`{ __typename ${directive.repeat(1_000)} }`);
      expect(answer.errors?.[0]?.extensions['code'], directive).toMatch(
        /^(GRAPHQL_VALIDATION_FAILED|QUERY_COMPLEXITY)$/,
      );
      expect((await cpuSeconds()) - before).toBeLessThan(2);
      expect(JSON.stringify(answer).length, directive).toBeLessThan(50_000);
    }
  });

  it('does not grow with repeated fields, fragments that spread fragments, or cycles of them', async () => {
    const fragments = Array.from(
      { length: 100 },
      (_, index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`,
    );
    for (const query of [
      `{ ${'__typename '.repeat(3_000)} }`,
      `{ ...f0 } ${fragments.join(' ')} fragment f100 on Query { __typename }`,
      '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }',
    ]) {
      const before = await cpuSeconds();
      const answer = await service.graphql(query);
      expect((await cpuSeconds()) - before, query.slice(0, 40)).toBeLessThan(3);
      for (const error of answer.errors ?? []) expect(error.extensions['code']).toEqual(expect.any(String));
    }
  });

  it('is unmoved by introspection, which works as tools send it', async () => {
    const { data, errors } = await service.graphql<Parameters<typeof buildClientSchema>[0]>(
      getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        inputValueDeprecation: true,
        oneOf: true,
      }),
    );
    expect(errors).toBeUndefined();
    expect(Object.keys(buildClientSchema(data).getTypeMap())).toEqual(
      expect.arrayContaining(['File', 'UploadUrl', 'Storage']),
    );
  });
});
