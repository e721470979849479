/** A private file by every way that leads to a file: whoever may not see it gets what there is for a file that never was. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  codeIn,
  type GuardedService,
  type Sender,
  startGuardedService,
  stored,
} from './support/guarded-service.ts';
import { databaseOf } from './support/requests.ts';

let guarded: GuardedService;
let id: string;
let attachmentId: string;
const absent = 'file_01m835gysee62s92eg1zx0vae3';
const document = { collection: 'letters', documentId: '1' };

beforeAll(async () => {
  guarded = await startGuardedService();
  await databaseOf(guarded.service);
  id = await stored(guarded.ann, 'a private letter', '?filename=letter.txt');
  const { data } = await guarded.ann.graphql<{ attachFile: { id: string } }>(
    'mutation ($id: ID!, $document: DocumentInput!) { attachFile(fileId: $id, document: $document) { id } }',
    { id, document },
  );
  attachmentId = data.attachFile.id;
});

/** What a stranger learns of an answer: all of it but what differs in any case. */
async function tellOf(response: Response, asked: string): Promise<object> {
  const headers = Object.fromEntries(response.headers);
  for (const name of ['date', 'x-request-id']) delete headers[name];
  const body = (await response.text())
    .replaceAll(response.headers.get('x-request-id') ?? '-', 'REQUEST')
    .replaceAll(asked, 'ASKED');
  return { status: response.status, headers: { ...headers, 'content-length': 'ANY' }, body };
}

const strangers = [
  ['nobody', () => guarded.nobody],
  ['another user', () => guarded.bob],
] as const;

describe.each([
  ['GET', {}, (file: string) => `/files/${file}`],
  ['HEAD', { method: 'HEAD' }, (file: string) => `/files/${file}`],
  ['Range', { headers: { range: 'bytes=0-3' } }, (file: string) => `/files/${file}`],
  ['a Range that is beyond', { headers: { range: 'bytes=900-' } }, (file: string) => `/files/${file}`],
  ['If-None-Match', { headers: { 'if-none-match': '*' } }, (file: string) => `/files/${file}`],
  ['If-Match', { headers: { 'if-match': '"none"' } }, (file: string) => `/files/${file}`],
  [
    'If-Modified-Since',
    { headers: { 'if-modified-since': 'Tue, 01 Dec 2099 00:00:00 GMT' } },
    (file: string) => `/files/${file}`,
  ],
  ['the file-name variant', {}, (file: string) => `/files/${file}/letter.txt`],
  ['download', {}, (file: string) => `/files/${file}?download`],
  ['percent-encodings of its ID', {}, (file: string) => `/files/%66${file.slice(1)}`],
  [
    'a signature that is none',
    {},
    (file: string) => `/files/${file}?expires=99999999999999&signature=k1.AAAA`,
  ],
] as const)('a private file by %s', (_name, init, pathOf) => {
  it.each(strangers)('is to %s as one that never was', async (_who, sender) => {
    const [real, none] = await Promise.all(
      [id, absent].map(async (file) => await tellOf(await sender().fetch(pathOf(file), init), file)),
    );
    expect(real).toEqual(none);
    expect(real).toMatchObject({ status: 404 });
  });

  it('is served to its owner, an app and an admin, and no cache keeps it for others', async () => {
    for (const sender of [guarded.ann, guarded.app, guarded.admin]) {
      const response = await sender.fetch(pathOf(id), init);
      expect(response.status, sender.name).not.toBe(404);
      if (response.ok) expect(response.headers.get('cache-control')).toBe('private, no-cache');
      await response.arrayBuffer();
    }
  });
});

const variables = (file: string) => ({ id: file, ids: [file], document });

describe.each([
  ['its metadata', 'query ($id: ID!) { file(id: $id) { id filename size sha256 } }'],
  ['its address', 'query ($id: ID!) { fileUrl(id: $id) }'],
  ['node', 'query ($id: ID!) { node(id: $id) { id } }'],
  ['nodes', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'],
  ['filesByIds', 'query ($ids: [ID!]!) { filesByIds(ids: $ids) { id } }'],
  [
    'attachFile',
    'mutation ($id: ID!, $document: DocumentInput!) { attachFile(fileId: $id, document: $document) { id } }',
  ],
  [
    'attachFile that replaces',
    'mutation ($id: ID!, $document: DocumentInput!) { attachFile(fileId: $id, document: $document, replace: true) { id } }',
  ],
  [
    'detachFile',
    'mutation ($id: ID!, $document: DocumentInput!) { detachFile(fileId: $id, document: $document) { detached file { id } } }',
  ],
  [
    'setDocumentFiles',
    'mutation ($ids: [ID!]!, $document: DocumentInput!) { setDocumentFiles(document: $document, fileIds: $ids) { id } }',
  ],
  ['updateFile', 'mutation ($id: ID!) { updateFile(id: $id, input: { visibility: PUBLIC }) { id } }'],
  ['revokeFileUrls', 'mutation ($id: ID!) { revokeFileUrls(id: $id) { id } }'],
  ['deleteFile', 'mutation ($id: ID!) { deleteFile(id: $id) { deleted } }'],
  ['deleteFile by force', 'mutation ($id: ID!) { deleteFile(id: $id, force: true) { deleted } }'],
])('a private file by GraphQL: %s', (_name, query) => {
  it.each(strangers)('is to %s as one that never was', async (_who, sender) => {
    const before = await guarded.admin.graphql('query ($id: ID!) { file(id: $id) { refCount visibility } }', {
      id,
    });
    const [real, none] = await Promise.all(
      [id, absent].map(async (file) => {
        const response = await sender().fetch('/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query, variables: variables(file) }),
        });
        return await tellOf(response, file);
      }),
    );
    expect(real).toEqual(none);
    expect(
      await guarded.admin.graphql('query ($id: ID!) { file(id: $id) { refCount visibility } }', { id }),
    ).toEqual(before);
  });
});

describe('where a private file is used', () => {
  const queries = {
    attachment: 'query ($attachmentId: ID!) { node(id: $attachmentId) { id } }',
    document:
      'query ($c: String!, $d: ID!) { document(collection: $c, documentId: $d) { attachments { totalCount nodes { file { id } } edges { cursor } pageInfo { hasNextPage } } } }',
    documents: 'query ($c: String!) { documents(collection: $c) { totalCount nodes { documentId } } }',
    files: '{ files { totalCount nodes { id } } }',
    bySha: `{ files(filter: { referenced: true, owner: "ann" }) { totalCount edges { node { id } } } }`,
  };
  const ask = async (sender: Sender, query: string) =>
    await sender.graphql(query, { attachmentId, c: document.collection, d: document.documentId });

  it.each([
    ['an attachment', queries.attachment, { node: null }],
    [
      'a document',
      queries.document,
      {
        document: { attachments: { totalCount: 0, nodes: [], edges: [], pageInfo: { hasNextPage: false } } },
      },
    ],
    ['documents', queries.documents, { documents: { totalCount: 0, nodes: [] } }],
    ['files', queries.files, { files: { totalCount: 0, nodes: [] } }],
    ['a filter by its owner', queries.bySha, { files: { totalCount: 0, edges: [] } }],
  ])('%s shows and counts nothing to another user', async (_name, query, nothing) => {
    expect(await ask(guarded.bob, query)).toEqual({ data: nothing });
  });

  it('nobody may ask at all', async () => {
    for (const query of [queries.document, queries.documents, queries.files, queries.bySha]) {
      expect(codeIn(await ask(guarded.nobody, query))).toBe('UNAUTHENTICATED');
    }
    expect(await ask(guarded.nobody, queries.attachment)).toEqual({ data: { node: null } });
  });

  it.each([
    ['its owner', () => guarded.ann],
    ['an app', () => guarded.app],
    ['an admin', () => guarded.admin],
  ])('%s sees all of it', async (_who, sender) => {
    expect((await ask(sender(), queries.attachment)).data).toEqual({ node: { id: attachmentId } });
    expect((await ask(sender(), queries.document)).data).toMatchObject({
      document: { attachments: { totalCount: 1, nodes: [{ file: { id } }] } },
    });
    expect((await ask(sender(), queries.documents)).data).toEqual({
      documents: { totalCount: 1, nodes: [{ documentId: '1' }] },
    });
    expect((await ask(sender(), queries.files)).data).toEqual({ files: { totalCount: 1, nodes: [{ id }] } });
  });
});

it('a private file that comes out beside a public one is left out, and its place is null', async () => {
  const open = await stored(guarded.ann, 'for all', '?visibility=PUBLIC');
  const query = 'query ($ids: [ID!]!) { filesByIds(ids: $ids) { id owner refCount } }';
  for (const sender of [guarded.nobody, guarded.bob]) {
    expect((await sender.graphql(query, { ids: [id, open] })).data).toEqual({
      // Whose it is is not shown: a subject may be a person's address.
      filesByIds: [null, { id: open, owner: null, refCount: 0 }],
    });
  }
});
