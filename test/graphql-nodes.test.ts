/** Everything by its ID: node and nodes for all four types, files by many IDs, addresses, and IDs that name nothing. */
import { beforeAll, describe, expect, it } from 'vitest';
import { attach, newFile, newFiles, refusal } from './support/graphql-calls.ts';
import { type GraphqlAnswer, type Service, startService } from './support/service.ts';

const noFile = 'file_00000000000000000000000000';

let service: Service;
let fileId: string;
let attachmentId: string;
let documentId: string;
let uploadUrlId: string;
beforeAll(async () => {
  service = await startService();
  fileId = await newFile(service);
  attachmentId = await attach(service, fileId, ['posts', '1', 'cover']);
  const { data } = await service.graphql<{ document: { id: string } }>(
    '{ document(collection: "posts", documentId: "1") { id } }',
  );
  documentId = data.document.id;
  const made = await service.graphql<{ generateUploadUrl: { id: string } }>(
    'mutation { generateUploadUrl { id } }',
  );
  uploadUrlId = made.data.generateUploadUrl.id;
});

const garbage = [
  '',
  ' ',
  'x',
  '1',
  noFile,
  'file_',
  'file_0000000000000000000000000',
  'file_800000000000000000000000000',
  'FILE_00000000000000000000000000',
  'upload_00000000000000000000000000',
  'attachment_',
  'attachment_e30',
  'attachment_WyJhIl0',
  'document_',
  'document_W10',
  'document_WyJhIiwiYiJd=',
  'document_WyJhIiwgImIiXQ',
  'RmlsZTox',
  'constructor',
  '__proto__',
  'null',
  '{"$gt":""}',
  '../../etc/passwd',
  '\u0000',
  '💥',
  'x'.repeat(100_000),
];

describe('node', () => {
  const node = (id: unknown): Promise<GraphqlAnswer<Record<string, unknown>>> =>
    service.graphql(
      `query ($id: ID!) {
        node(id: $id) {
          __typename id
          ... on File { refCount }
          ... on Attachment { field file { id } document { id } }
          ... on Document { collection documentId attachments { totalCount } }
          ... on UploadUrl { status }
        }
      }`,
      { id },
    );

  it('finds a file, an attachment, a document and an upload URL by their IDs', async () => {
    expect((await node(fileId)).data).toEqual({ node: { __typename: 'File', id: fileId, refCount: 1 } });
    expect((await node(attachmentId)).data).toEqual({
      node: {
        __typename: 'Attachment',
        id: attachmentId,
        field: 'cover',
        file: { id: fileId },
        document: { id: documentId },
      },
    });
    expect((await node(documentId)).data).toEqual({
      node: {
        __typename: 'Document',
        id: documentId,
        collection: 'posts',
        documentId: '1',
        attachments: { totalCount: 1 },
      },
    });
    expect((await node(uploadUrlId)).data).toEqual({
      node: { __typename: 'UploadUrl', id: uploadUrlId, status: 'WAITING' },
    });
  });

  it('is null for whatever names nothing, without an error', async () => {
    for (const id of garbage) {
      expect(await node(id), id.slice(0, 40)).toEqual({ data: { node: null } });
    }
  });

  it('takes a number as an ID, which names nothing, and refuses what is no ID', async () => {
    expect(await node(7)).toEqual({ data: { node: null } });
    for (const id of [null, true, {}, ['x']]) expect(refusal(await node(id)).code).toBe('BAD_USER_INPUT');
  });
});

describe('nodes', () => {
  const nodes = (ids: readonly string[]): Promise<GraphqlAnswer<Record<string, unknown>>> =>
    service.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', { ids });

  it('gives all of them in the order asked, null where there is none, repeats included', async () => {
    const ids = [documentId, 'garbage', fileId, noFile, attachmentId, fileId, uploadUrlId, ''];
    const { data } = await nodes(ids);
    expect(data['nodes']).toEqual([
      { __typename: 'Document', id: documentId },
      null,
      { __typename: 'File', id: fileId },
      null,
      { __typename: 'Attachment', id: attachmentId },
      { __typename: 'File', id: fileId },
      { __typename: 'UploadUrl', id: uploadUrlId },
      null,
    ]);
    expect((await nodes([])).data).toEqual({ nodes: [] });
    expect((await nodes(garbage)).data).toEqual({ nodes: garbage.map(() => null) });
  });

  it('takes 100 IDs and refuses 101', async () => {
    expect((await nodes(Array(100).fill(fileId))).data['nodes']).toHaveLength(100);
    expect(refusal(await nodes(Array(101).fill('x')))).toEqual({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('ids:'),
    });
  });
});

describe('filesByIds', () => {
  const filesByIds = (ids: readonly string[]): Promise<GraphqlAnswer<Record<string, unknown>>> =>
    service.graphql('query ($ids: [ID!]!) { filesByIds(ids: $ids) { id } }', { ids });

  it('keeps the order asked, with nulls and repeats', async () => {
    const [one = '', two = '', three = ''] = await newFiles(service, 3);
    const { data } = await filesByIds([three, 'x', one, noFile, two, one, attachmentId]);
    expect(data['filesByIds']).toEqual([
      { id: three },
      null,
      { id: one },
      null,
      { id: two },
      { id: one },
      null,
    ]);
  });

  it('takes 100 IDs and refuses 101', async () => {
    expect((await filesByIds(Array(100).fill(fileId))).errors).toBeUndefined();
    expect(refusal(await filesByIds(Array(101).fill(fileId))).code).toBe('BAD_USER_INPUT');
  });
});

describe('file and fileUrl', () => {
  it('are null for whatever names no file', async () => {
    for (const id of [...garbage, attachmentId, documentId, uploadUrlId]) {
      const answer = await service.graphql('query ($id: ID!) { file(id: $id) { id } fileUrl(id: $id) }', {
        id,
      });
      expect(answer, id.slice(0, 40)).toEqual({ data: { file: null, fileUrl: null } });
    }
  });

  it('give the same address, for showing and for saving', async () => {
    const { data } = await service.graphql(
      `query ($id: ID!) {
        file(id: $id) { url saving: url(download: true, expiresIn: 60) }
        fileUrl(id: $id)
        saving: fileUrl(id: $id, download: true, expiresIn: 604800)
      }`,
      { id: fileId },
    );
    const url = `${service.url}/files/${fileId}`;
    expect(data).toEqual({
      file: { url, saving: `${url}?download` },
      fileUrl: url,
      saving: `${url}?download`,
    });
  });

  it.each([0, -1, 604_801])(
    'refuse %j as expiresIn, which is seconds up to seven days',
    async (expiresIn) => {
      for (const query of [
        'query ($id: ID!, $expiresIn: Int) { file(id: $id) { url(expiresIn: $expiresIn) } }',
        'query ($id: ID!, $expiresIn: Int) { fileUrl(id: $id, expiresIn: $expiresIn) }',
      ]) {
        expect(refusal(await service.graphql(query, { id: fileId, expiresIn }))).toEqual({
          code: 'BAD_USER_INPUT',
          message: expect.stringContaining('expiresIn:'),
        });
      }
    },
  );
});
