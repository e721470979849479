/** Relay's connections as the contract has them: files, attachments and documents, page by page, both ways. */
import { beforeAll, describe, expect, it } from 'vitest';
import { attach, newFile, newFiles, refusal } from './support/graphql-calls.ts';
import { databaseOf } from './support/requests.ts';
import { type GraphqlAnswer, type Service, startService } from './support/service.ts';

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}
interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

const count = 45;
const connectionFields =
  'edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount';
const pageVariables = '$first: Int, $after: String, $last: Int, $before: String';
const pageArguments = 'first: $first, after: $after, last: $last, before: $before';

let service: Service;
let fileIds: string[];
let held: string;
beforeAll(async () => {
  service = await startService();
  fileIds = await newFiles(service, count);
  held = fileIds[0] ?? '';
  for (let index = 0; index < count; index++) {
    await attach(service, held, ['posts', String(index).padStart(3, '0')]);
    await attach(service, fileIds[index] ?? '', ['albums', 'all', 'photos']);
  }
});

interface Read {
  readonly page?: Connection;
  readonly file?: { readonly page: Connection };
  readonly document?: { readonly page: Connection };
}
const read = (field: string, args: PageArguments): Promise<GraphqlAnswer<Read | null>> => {
  const part = `page: ${field.split(' ').at(-1)}`;
  const some = `(${pageArguments}) { ${connectionFields} }`;
  const places: Record<string, string> = {
    files: `${part}${some}`,
    documents: `${part}(collection: "posts", ${pageArguments}) { ${connectionFields} }`,
    'file attachments': `file(id: "${held}") { ${part}${some} }`,
    'document attachments': `document(collection: "albums", documentId: "all") { ${part}${some} }`,
  };
  return service.graphql(`query (${pageVariables}) { ${places[field]} }`, args);
};
const page = async (field: string, args: PageArguments): Promise<Connection> => {
  const { data, errors } = await read(field, args);
  const found = data?.page ?? data?.file?.page ?? data?.document?.page;
  if (!found) throw new Error(`No page: ${JSON.stringify(errors)}`);
  return found;
};

describe.each([
  ['files', count],
  ['documents', count],
  // An album holds it, too.
  ['file attachments', count + 1],
  ['document attachments', count],
])('%s', (field, all) => {
  it('gives 20 by default, with edges and nodes that agree and the count of all', async () => {
    const { edges, nodes, pageInfo, totalCount } = await page(field, {});
    expect(edges).toHaveLength(20);
    expect(nodes).toEqual(edges.map(({ node }) => node));
    expect(pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor,
      endCursor: edges.at(-1)?.cursor,
    });
    expect(totalCount).toBe(all);
  });

  it('goes through all of them forwards and backwards, each once, in one order', async () => {
    const whole = (await page(field, { first: 100 })).nodes.map(({ id }) => id);
    expect(new Set(whole).size).toBe(all);
    const forwards: string[] = [];
    for (let after: string | null = null; ; ) {
      const { nodes, pageInfo }: Connection = await page(field, { first: 7, after });
      forwards.push(...nodes.map(({ id }) => id));
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(forwards).toEqual(whole);
    const backwards: string[] = [];
    for (let before: string | null = null; ; ) {
      const { nodes, pageInfo }: Connection = await page(field, { last: 7, before });
      backwards.unshift(...nodes.map(({ id }) => id));
      expect(pageInfo.hasNextPage).toBe(before !== null);
      if (!pageInfo.hasPreviousPage) break;
      before = pageInfo.startCursor;
    }
    expect(backwards).toEqual(whole);
  });

  it('gives what lies between two cursors, from either end', async () => {
    const { edges } = await page(field, { first: 100 });
    const [after, before] = [edges[4]?.cursor ?? '', edges[11]?.cursor ?? ''];
    const between = edges.slice(5, 11).map(({ node }) => node);
    expect((await page(field, { after, before })).nodes).toEqual(between);
    expect((await page(field, { after, before, first: 2 })).nodes).toEqual(between.slice(0, 2));
    expect((await page(field, { after, before, last: 2 })).nodes).toEqual(between.slice(-2));
    expect((await page(field, { after: before, before: after })).nodes).toEqual([]);
  });

  it('gives nothing but the count where none are asked for', async () => {
    expect(await page(field, { first: 0 })).toMatchObject({
      edges: [],
      pageInfo: { startCursor: null, endCursor: null },
      totalCount: all,
    });
    expect((await page(field, { last: 0 })).nodes).toEqual([]);
  });

  it('takes explicit nulls as absent', async () => {
    const nulls = { first: null, after: null, last: null, before: null };
    expect(await page(field, nulls)).toEqual(await page(field, {}));
  });

  it.each<[string, PageArguments]>([
    ['first', { first: -1 }],
    ['first', { first: 101 }],
    ['first', { first: 2 ** 31 - 1 }],
    ['last', { last: -1 }],
    ['last', { last: 101 }],
    ['first, last', { first: 1, last: 1 }],
    ['first, last', { first: 0, last: 0 }],
    ['after', { after: '' }],
    ['after', { after: 'not a cursor' }],
    ['after', { after: 'W10' }],
    ['after', { after: 'x'.repeat(100_000) }],
    ['before', { before: 'eyIkZ3QiOiAiIn0' }],
    ['before', { before: Buffer.from('["files:UPLOADED_AT:-1",{"$gt":""},"x"]').toString('base64url') }],
  ])('refuses %s: %j', async (name, args) => {
    expect(refusal(await read(field, args))).toEqual({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(`${name}:`),
    });
  });
});

it('refuses a cursor of another connection or of another order', async () => {
  const { pageInfo } = await page('files', { first: 1 });
  expect(refusal(await read('documents', { after: pageInfo.endCursor })).code).toBe('BAD_USER_INPUT');
  const answer = await service.graphql(
    'query ($after: String) { files(after: $after, orderBy: { field: SIZE, direction: ASC }) { nodes { id } } }',
    { after: pageInfo.endCursor },
  );
  expect(refusal(answer).code).toBe('BAD_USER_INPUT');
});

describe('the orders', () => {
  it('lists files newest first, attachments oldest first, documents by ID', async () => {
    expect((await page('files', { first: 100 })).nodes.map(({ id }) => id)).toEqual([...fileIds].reverse());
    const { data } = await service.graphql<{
      file: { attachments: { nodes: { document: { documentId: string } }[] } };
      documents: { nodes: { documentId: string }[] };
    }>(
      `query ($id: ID!) {
        file(id: $id) { attachments(first: 45) { nodes { document { documentId } } } }
        documents(collection: "posts", first: 100) { nodes { documentId } }
      }`,
      { id: held },
    );
    const numbers = Array.from({ length: count }, (_, index) => String(index).padStart(3, '0'));
    expect(data.documents.nodes.map(({ documentId }) => documentId)).toEqual(numbers);
    // Its very first holder was posts 000, the second albums all.
    expect(data.file.attachments.nodes.map(({ document }) => document.documentId)).toEqual(
      ['000', 'all', ...numbers.slice(1)].slice(0, 45),
    );
  });

  it('lists nothing of a collection that nobody has named', async () => {
    const { data } = await service.graphql(
      '{ documents(collection: "nobody") { edges { cursor } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }',
    );
    const pageInfo = { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null };
    expect(data).toEqual({ documents: { edges: [], nodes: [], pageInfo, totalCount: 0 } });
  });

  it('narrows a document’s attachments to a field', async () => {
    const fileId = await newFile(service);
    await attach(service, fileId, ['albums', 'two fields', 'cover']);
    await attach(service, fileId, ['albums', 'two fields', 'photos']);
    const { data } = await service.graphql(
      `{ document(collection: "albums", documentId: "two fields") {
        all: attachments { totalCount nodes { field } }
        covers: attachments(field: "cover") { totalCount nodes { field } }
        none: attachments(field: "elsewhere") { totalCount nodes { field } }
      } }`,
    );
    expect(data).toEqual({
      document: {
        all: { totalCount: 2, nodes: [{ field: 'cover' }, { field: 'photos' }] },
        covers: { totalCount: 1, nodes: [{ field: 'cover' }] },
        none: { totalCount: 0, nodes: [] },
      },
    });
  });

  it('leaves out an attachment whose file is gone', async () => {
    const [stays = '', goes = ''] = await newFiles(service, 2);
    const id = await attach(service, goes, ['albums', 'half gone']);
    await attach(service, stays, ['albums', 'half gone']);
    // As it looks in the moment between two reads, while a file is deleted by force.
    const db = await databaseOf(service);
    await db.collection<{ _id: string }>('files').deleteOne({ _id: goes });
    const { data, errors } = await service.graphql(
      `query ($id: ID!) {
        document(collection: "albums", documentId: "half gone") { attachments { nodes { file { id } } } }
        node(id: $id) { id }
      }`,
      { id },
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ document: { attachments: { nodes: [{ file: { id: stays } }] } }, node: null });
  });
});
