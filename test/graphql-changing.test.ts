/** updateFile and deleteFile: what they change, what they refuse, and what a repeated request says. */
import { beforeAll, describe, expect, it } from 'vitest';
import { attach, newFile, refusal } from './support/graphql-calls.ts';
import { type GraphqlAnswer, type Service, startService } from './support/service.ts';

const noFile = 'file_00000000000000000000000000';

let service: Service;
beforeAll(async () => {
  service = await startService();
});

describe('updateFile', () => {
  const updateFile = (id: string, input: object): Promise<GraphqlAnswer<{ updateFile: object }>> =>
    service.graphql(
      'mutation ($id: ID!, $input: UpdateFileInput!) { updateFile(id: $id, input: $input) { filename visibility metadata keep expiresAt } }',
      { id, input },
    );

  it('changes what is named and leaves the rest', async () => {
    const id = await newFile(service, 'one', { filename: 'one.txt' });
    const first = await updateFile(id, { metadata: { a: 1 } });
    expect(first.data.updateFile).toMatchObject({ filename: 'one.txt', metadata: { a: 1 }, keep: false });
    const second = await updateFile(id, { filename: 'two.txt', visibility: 'PRIVATE', keep: true });
    const changed = { filename: 'two.txt', visibility: 'PRIVATE', metadata: { a: 1 }, keep: true };
    expect(second.data.updateFile).toEqual({ ...changed, expiresAt: null });
    expect((await updateFile(id, {})).data.updateFile).toEqual({ ...changed, expiresAt: null });
    expect((await updateFile(id, { metadata: { b: 2 } })).data.updateFile).toMatchObject({
      metadata: { b: 2 },
    });
  });

  it('clears filename and metadata by null', async () => {
    const id = await newFile(service, 'one', { filename: 'one.txt' });
    await updateFile(id, { metadata: { a: 1 } });
    expect((await updateFile(id, { filename: null, metadata: null })).data.updateFile).toMatchObject({
      filename: null,
      metadata: {},
    });
  });

  it.each([
    ['visibility', { visibility: null }],
    ['keep', { keep: null }],
    ['filename', { filename: 'x'.repeat(1_025) }],
    ['metadata', { metadata: { long: 'x'.repeat(16_384) } }],
  ])('refuses %s that can not be, and changes nothing', async (name, input) => {
    const id = await newFile(service, 'one', { filename: 'one.txt' });
    expect(
      refusal(await updateFile(id, { ...input, ...(name === 'filename' ? {} : { filename: 'two.txt' }) })),
    ).toEqual({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(`${name}:`),
    });
    expect((await updateFile(id, {})).data.updateFile).toMatchObject({
      filename: 'one.txt',
      visibility: 'PUBLIC',
    });
  });

  it.each(['', 'x', noFile])('says FILE_NOT_FOUND for the ID %j', async (id) => {
    expect(refusal(await updateFile(id, { keep: true })).code).toBe('FILE_NOT_FOUND');
  });

  it('ends the keeping of a file: from then on its time runs', async () => {
    await attach(service, await newFile(service), ['posts', 'so that collecting has begun']);
    const id = await newFile(service);
    expect((await updateFile(id, { keep: true })).data.updateFile).toMatchObject({ expiresAt: null });
    expect((await updateFile(id, { keep: false })).data.updateFile).toMatchObject({
      expiresAt: expect.stringMatching(/Z$/),
    });
  });
});

describe('deleteFile', () => {
  const deleteFile = (id: string, force?: boolean): Promise<GraphqlAnswer<unknown>> =>
    service.graphql(
      'mutation ($id: ID!, $force: Boolean! = false) { deleteFile(id: $id, force: $force) { fileId deleted } }',
      { id, force },
    );

  it('deletes what nothing holds, kept or not, and repeated says that there was none', async () => {
    const id = await newFile(service);
    await service.graphql('mutation ($id: ID!) { updateFile(id: $id, input: { keep: true }) { id } }', {
      id,
    });
    expect(await deleteFile(id)).toEqual({ data: { deleteFile: { fileId: id, deleted: true } } });
    expect(await deleteFile(id)).toEqual({ data: { deleteFile: { fileId: id, deleted: false } } });
  });

  it.each(['', 'x', noFile])('has nothing to delete for the ID %j', async (id) => {
    expect(await deleteFile(id)).toEqual({ data: { deleteFile: { fileId: id, deleted: false } } });
  });

  it('names ten of the holders, the oldest, and how many there are', async () => {
    const id = await newFile(service);
    const holders = Array.from({ length: 12 }, (_, index) => ({
      collection: 'posts',
      documentId: `holder-${index}`,
    }));
    for (const { collection, documentId } of holders) await attach(service, id, [collection, documentId]);
    const answer = await deleteFile(id);
    expect(refusal(answer).code).toBe('FILE_IN_USE');
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      retryable: false,
      refCount: 12,
      documents: holders.slice(0, 10).map((document) => ({ ...document, field: 'file' })),
    });
    const { data } = await service.graphql('query ($id: ID!) { file(id: $id) { refCount } }', { id });
    expect(data).toEqual({ file: { refCount: 12 } });
  });

  it('by force goes with all that held it', async () => {
    const id = await newFile(service);
    const attachmentId = await attach(service, id, ['posts', 'forced']);
    expect(await deleteFile(id, true)).toEqual({ data: { deleteFile: { fileId: id, deleted: true } } });
    const { data } = await service.graphql(
      `query ($id: ID!) {
        node(id: $id) { id }
        document(collection: "posts", documentId: "forced") { attachments { totalCount nodes { id } } }
      }`,
      { id: attachmentId },
    );
    expect(data).toEqual({ node: null, document: { attachments: { totalCount: 0, nodes: [] } } });
  });
});
