/** What a query costs MongoDB, counted: as many commands for a list of a hundred as for one of one. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { commandsDuring } from './support/use-case-input.ts';

const fileCount = 120;

let test: TestGridhold;
let fileIds: string[];
beforeAll(async () => {
  test = await openTestGridhold();
  const stored = await Promise.all(
    Array.from({ length: fileCount }, (_, index) =>
      test.gridhold.store(Buffer.from(`file ${index}`), { filename: `${index}.txt` }),
    ),
  );
  fileIds = stored.map(({ id }) => id);
  for (const [index, fileId] of fileIds.entries()) {
    for (const collection of ['posts', 'albums', 'messages', 'drafts']) {
      // Four holds on each file, and posts that hold several.
      const documentId = collection === 'posts' ? String(index % 110) : String(index);
      await test.gridhold.attach({ fileId, document: { collection, documentId } });
    }
  }
  await ask('{ __typename }');
});

async function ask(query: string, variables: object = {}): Promise<Record<string, unknown>> {
  const response = await test.gridhold.fetch(
    new Request('http://127.0.0.1/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    }),
  );
  const { data, errors }: { data: Record<string, unknown>; errors?: unknown } = await response.json();
  expect(errors).toBeUndefined();
  return data;
}
async function cost(query: string, variables: object = {}): Promise<string[]> {
  return await commandsDuring(test.client, async () => {
    await ask(query, variables);
  });
}

describe('files(first: 100)', () => {
  const query = `query ($first: Int) { files(first: $first) {
    nodes { url refCount attachments(first: 3) { nodes { document { collection } } } }
  } }`;

  it('with their addresses, counts and holders costs at most four commands', async () => {
    const data = await ask(query, { first: 100 });
    expect(data).toMatchObject({
      files: {
        nodes: Array.from({ length: 100 }, () => ({ refCount: 4, url: expect.stringMatching(/^http/) })),
      },
    });
    const commands = await cost(query, { first: 100 });
    expect(commands.length, commands.join('\n')).toBeLessThanOrEqual(4);
  });

  it('costs no more than files(first: 1)', async () => {
    expect((await cost(query, { first: 100 })).length).toBe((await cost(query, { first: 1 })).length);
  });

  it('with four holders each, their files and those files’ holders costs at most twelve', async () => {
    const commands = await cost(`{ files(first: 100) { nodes {
      attachments(first: 4) { totalCount nodes { id file { filename attachments(first: 2) { nodes { id } } } } }
    } } }`);
    expect(commands.length, commands.join('\n')).toBeLessThanOrEqual(12);
  });

  it('counts only where it is asked to', async () => {
    const without = await cost('{ files(first: 5) { nodes { id } } }');
    expect(without).toEqual(['find files']);
    expect((await cost('{ files(first: 5) { nodes { id } totalCount } }')).length).toBe(2);
    expect((await cost('{ files(first: 0) { totalCount } }')).length).toBeLessThanOrEqual(2);
  });

  it('does not read files twice for edges and nodes', async () => {
    expect(await cost('{ files(first: 5) { edges { cursor node { id } } nodes { id } } }')).toEqual([
      'find files',
    ]);
  });
});

describe('documents(first: 100)', () => {
  it('with what they hold, and the names of that, costs at most six commands', async () => {
    const query = `query ($first: Int) { documents(collection: "posts", first: $first) {
      nodes { documentId attachments { totalCount nodes { field file { filename } } } }
    } }`;
    const data = await ask(query, { first: 100 });
    expect(data['documents']).toMatchObject({ nodes: { length: 100 } });
    const commands = await cost(query, { first: 100 });
    expect(commands.length, commands.join('\n')).toBeLessThanOrEqual(6);
    expect((await cost(query, { first: 1 })).length).toBe(commands.length);
  });
});

describe('many by their IDs', () => {
  it.each([
    ['filesByIds', 'query ($ids: [ID!]!) { filesByIds(ids: $ids) { filename } }'],
    ['nodes', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on File { filename } } }'],
  ])('%s of a hundred files is one command', async (_name, query) => {
    expect(await cost(query, { ids: fileIds.slice(0, 100) })).toEqual(['find files']);
  });

  it('a hundred aliases of file are one command, and of file and fileUrl two', async () => {
    const aliases = fileIds.slice(0, 100).map((id, index) => `f${index}: file(id: "${id}") { filename }`);
    expect(await cost(`{ ${aliases.join(' ')} }`)).toEqual(['find files']);
    const mixed = fileIds
      .slice(0, 50)
      .map((id, index) => `f${index}: file(id: "${id}") { url } u${index}: fileUrl(id: "${id}")`);
    expect((await cost(`{ ${mixed.join(' ')} }`)).length).toBeLessThanOrEqual(2);
  });

  it('aliases of uploadUrl with their files are two', async () => {
    const made: string[] = [];
    for (let index = 0; index < 5; index++) made.push((await test.gridhold.generateUploadUrl()).id);
    const aliases = made.map((id, index) => `u${index}: uploadUrl(id: "${id}") { status file { id } }`);
    expect((await cost(`{ ${aliases.join(' ')} }`)).length).toBeLessThanOrEqual(2);
  });

  it('malformed IDs cost nothing', async () => {
    expect(
      await cost(
        '{ file(id: "x") { id } node(id: "x") { id } nodes(ids: ["x", ""]) { id } fileUrl(id: "x") }',
      ),
    ).toEqual([]);
  });
});

it('refuses before it asks MongoDB anything', async () => {
  for (const query of [
    '{ files(first: 101) { nodes { id } } }',
    '{ files(after: "x") { nodes { id } } }',
    '{ documents(collection: "") { nodes { id } } }',
    'mutation { attachFile(fileId: "x", document: { collection: "a", documentId: "b" }) { id } }',
    'mutation { deleteFile(id: "x") { deleted } }',
    `{ ${'a: document(collection: "a", documentId: "b") { attachments { nodes { document {'.repeat(8)} id ${'} } } }'.repeat(8)} }`,
  ]) {
    const commands = await commandsDuring(test.client, async () => {
      await test.gridhold.fetch(
        new Request('http://127.0.0.1/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
        }),
      );
    });
    expect(commands, query).toEqual([]);
  }
});
