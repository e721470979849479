/** What a user may do, and with whose files: README's table of permissions, row by row. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { permissions } from '../src/domain/access.ts';
import {
  codeIn,
  type GuardedService,
  type Sender,
  startGuardedService,
  stored,
} from './support/guarded-service.ts';
import { databaseOf, outcomeOf } from './support/requests.ts';
import { repository } from './support/service.ts';

let guarded: GuardedService;
let db: Db;

beforeAll(async () => {
  guarded = await startGuardedService({
    GRIDHOLD_MAX_UPLOAD_SIZE: '1MB',
    GRIDHOLD_USER_MAX_UPLOAD_SIZE: '1kB',
    GRIDHOLD_CONTENT_TYPES: 'text/*,image/png',
    GRIDHOLD_USER_CONTENT_TYPES: 'text/plain,application/pdf',
  });
  db = await databaseOf(guarded.service);
});

let documents = 0;
const newDocument = () => ({ collection: 'posts', documentId: String(++documents) });

const attach = async (sender: Sender, fileId: string, document: object, more = ''): Promise<string> =>
  codeIn(
    await sender.graphql(
      `mutation ($fileId: ID!, $document: DocumentInput!) { attachFile(fileId: $fileId, document: $document${more}) { id } }`,
      { fileId, document },
    ),
  );

/** The files that a document holds, as an app sees it. */
const heldBy = async (
  document: { collection: string; documentId: string },
  sender = guarded.app,
): Promise<string[]> => {
  const { data } = await sender.graphql<{ document: { attachments: { nodes: { file: { id: string } }[] } } }>(
    'query ($collection: String!, $documentId: ID!) { document(collection: $collection, documentId: $documentId) { attachments { nodes { file { id } } } } }',
    document,
  );
  return data.document.attachments.nodes.map(({ file }) => file.id).sort();
};

it("README's table of permissions is the one that decides", () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)];
  const start = rows.findIndex(([row]) => row.startsWith('| read a public file'));
  const words = { none: 'no', own: 'own', any: 'yes' } as const;
  const table = rows.slice(start, start + Object.keys(permissions).length);
  const shown = table.map(([, , ...cells]) =>
    cells.map((cell) =>
      /^(?:own|as itself)/.test(cell)
        ? 'own'
        : cell.replace(/^(by signed URL)$/, 'no').replace(/^for any.*/, 'yes'),
    ),
  );
  expect(shown).toEqual(
    Object.values(permissions).map((row) => Object.values(row).map((reach) => words[reach])),
  );
});

describe('storing', () => {
  it('a user stores as itself, and not as somebody else', async () => {
    const query = 'mutation ($owner: String) { generateUploadUrl(input: { owner: $owner }) { url } }';
    expect(codeIn(await guarded.ann.graphql(query, { owner: 'ann' }))).toBe('OK');
    expect(codeIn(await guarded.ann.graphql(query, { owner: 'bob' }))).toBe('FORBIDDEN');
    expect(codeIn(await guarded.nobody.graphql(query))).toBe('UNAUTHENTICATED');
  });

  it('an app stores for any owner, whose file it then is', async () => {
    const { data } = await guarded.app.graphql<{ generateUploadUrl: { url: string } }>(
      'mutation { generateUploadUrl(input: { owner: "ann" }) { url } }',
    );
    const response = await fetch(data.generateUploadUrl.url, {
      method: 'PUT',
      body: 'for ann',
      headers: { 'content-type': 'text/plain' },
    });
    const { id }: { id: string } = await response.json();
    expect((await guarded.ann.fetch(`/files/${id}`)).status).toBe(200);
    expect((await guarded.bob.fetch(`/files/${id}`)).status).toBe(404);
  });

  it('what an app stores for nobody is no user’s', async () => {
    const id = await stored(guarded.app, 'of the app');
    for (const sender of [guarded.ann, guarded.bob, guarded.nobody]) {
      expect((await sender.fetch(`/files/${id}`)).status).toBe(404);
    }
  });

  it('nobody stores by no way, before a byte of the body is asked for', async () => {
    const bytes = await guarded.nobody.fetch('/files', { method: 'POST', body: 'x' });
    expect(await outcomeOf(bytes)).toBe('401 UNAUTHENTICATED');
    const form = new FormData();
    form.set(
      'operations',
      JSON.stringify({
        query: 'mutation ($file: Upload!) { uploadFile(file: $file) { id } }',
        variables: { file: null },
      }),
    );
    form.set('map', '{"0": ["variables.file"]}');
    form.set('0', new Blob(['x']), 'x.txt');
    const response = await guarded.nobody.fetch('/graphql', {
      method: 'POST',
      body: form,
      headers: { 'apollo-require-preflight': 'x' },
    });
    expect([response.status, codeIn(await response.json())]).toEqual([401, 'UNAUTHENTICATED']);
  });

  it.each([
    ['larger than users may', 'x'.repeat(1_001), 'text/plain', '413 FILE_TOO_LARGE', '201'],
    ['of a type that users may not', '<p>x', 'text/html', '415 CONTENT_TYPE_NOT_ALLOWED', '201'],
    [
      'of a type that nobody may, though users are said to',
      '%PDF-1.7',
      'application/pdf',
      '415 CONTENT_TYPE_NOT_ALLOWED',
      '415 CONTENT_TYPE_NOT_ALLOWED',
    ],
  ])('a file %s is refused to users', async (_name, body, type, user, app) => {
    const send = async (sender: Sender): Promise<string> =>
      await outcomeOf(
        await sender.fetch('/files', { method: 'POST', body, headers: { 'content-type': type } }),
      );
    expect([await send(guarded.ann), await send(guarded.app)]).toEqual([user, app]);
  });

  it('a client can only narrow what its role allows', async () => {
    const make =
      'mutation ($input: GenerateUploadUrlInput) { generateUploadUrl(input: $input) { maxSize contentTypes } }';
    const made = async (sender: Sender, input: object) =>
      (await sender.graphql(make, { input })).data?.['generateUploadUrl'];
    expect(await made(guarded.ann, { maxSize: 5_000_000 })).toEqual({
      maxSize: 1_000,
      contentTypes: ['text/plain'],
    });
    expect(await made(guarded.ann, { maxSize: 10, contentTypes: ['text/*'] })).toEqual({
      maxSize: 10,
      contentTypes: ['text/plain'],
    });
    expect(await made(guarded.app, { maxSize: 5_000_000 })).toMatchObject({ maxSize: 1_000_000 });
    expect(codeIn(await guarded.ann.graphql(make, { input: { contentTypes: ['image/png'] } }))).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('an upload URL is shown to its maker and to admins, and opens its one upload to whoever sends', async () => {
    const make = 'mutation { generateUploadUrl(input: { owner: "ann" }) { id url } }';
    const { data } = await guarded.app.graphql<{ generateUploadUrl: { id: string; url: string } }>(make);
    const { id, url } = data.generateUploadUrl;
    const look = 'query ($id: ID!) { uploadUrl(id: $id) { id } node(id: $id) { id } }';
    for (const sender of [guarded.app, guarded.admin]) {
      expect((await sender.graphql(look, { id })).data).toEqual({ uploadUrl: { id }, node: { id } });
    }
    for (const sender of [guarded.ann, guarded.bob, guarded.nobody]) {
      expect((await sender.graphql(look, { id })).data).toEqual({ uploadUrl: null, node: null });
    }
    const sent = await guarded.bob.fetch(url, {
      method: 'PUT',
      body: 'by bob',
      headers: { 'content-type': 'text/plain' },
    });
    expect(sent.status).toBe(201);
  });

  it('an idempotency key is its caller’s own', async () => {
    const send = async (sender: Sender): Promise<string> => {
      const response = await sender.fetch('/files', {
        method: 'POST',
        body: 'same',
        headers: { 'idempotency-key': 'k', 'content-type': 'text/plain' },
      });
      return ((await response.json()) as { id: string }).id;
    };
    const [ann, again, bob] = [await send(guarded.ann), await send(guarded.ann), await send(guarded.bob)];
    expect(again).toBe(ann);
    expect(bob).not.toBe(ann);
  });
});

describe('holding', () => {
  it("a user never holds somebody else's file: not a private one, and not a public one", async () => {
    const secret = await stored(guarded.bob, 'secret');
    const open = await stored(guarded.bob, 'open', '?visibility=PUBLIC');
    const document = newDocument();
    expect(await attach(guarded.ann, secret, document)).toBe('FILE_NOT_FOUND');
    expect(await attach(guarded.ann, open, document)).toBe('FORBIDDEN');
    const set =
      'mutation ($document: DocumentInput!, $fileIds: [ID!]!) { setDocumentFiles(document: $document, fileIds: $fileIds) { id } }';
    const own = await stored(guarded.ann, 'own');
    expect(codeIn(await guarded.ann.graphql(set, { document, fileIds: [own, open] }))).toBe('FORBIDDEN');
    expect(await heldBy(document)).toEqual([]);
    expect(await attach(guarded.ann, own, document)).toBe('OK');
    expect(await heldBy(document)).toEqual([own]);
  });

  it("a user lets go of own files only: others' holds on the same document stay, by every way", async () => {
    const [own, theirs, third] = [
      await stored(guarded.ann, 'own'),
      await stored(guarded.bob, 'theirs'),
      await stored(guarded.ann, 'third'),
    ];
    const set =
      'mutation ($document: DocumentInput!, $fileIds: [ID!]!) { setDocumentFiles(document: $document, fileIds: $fileIds) { attachments { totalCount nodes { file { id } } } } }';
    const letGo =
      'mutation ($document: DocumentInput!) { detachDocument(document: $document) { detached fileIds } }';
    const ways: [string, (document: object) => Promise<unknown>, string[]][] = [
      ['replacing', (document) => attach(guarded.ann, third, document, ', replace: true'), [theirs, third]],
      [
        'setting',
        async (document) => {
          const { data } = await guarded.ann.graphql(set, { document, fileIds: [third] });
          // As if own files were all there are.
          expect(data).toEqual({
            setDocumentFiles: { attachments: { totalCount: 1, nodes: [{ file: { id: third } }] } },
          });
        },
        [theirs, third],
      ],
      ['setting to none', (document) => guarded.ann.graphql(set, { document, fileIds: [] }), [theirs]],
      [
        'letting the document go',
        async (document) => {
          const { data } = await guarded.ann.graphql(letGo, { document });
          expect(data).toEqual({ detachDocument: { detached: 1, fileIds: [own] } });
        },
        [theirs],
      ],
      [
        'storing with attachTo that replaces',
        async (document) => {
          const { data } = await guarded.ann.graphql<{ generateUploadUrl: { url: string } }>(
            'mutation ($document: DocumentInput!) { generateUploadUrl(input: { attachTo: { document: $document, replace: true } }) { url } }',
            { document },
          );
          await guarded.nobody.fetch(data.generateUploadUrl.url, {
            method: 'PUT',
            body: 'new',
            headers: { 'content-type': 'text/plain' },
          });
        },
        [theirs],
      ],
    ];
    for (const [name, work, left] of ways) {
      const document = newDocument();
      expect(
        [await attach(guarded.ann, own, document), await attach(guarded.bob, theirs, document)],
        name,
      ).toEqual(['OK', 'OK']);
      await work(document);
      const held = await heldBy(document);
      expect(held, name).toEqual(expect.arrayContaining(left));
      expect(held, name).not.toContain(own);
      expect(await heldBy(document, guarded.bob), name).toEqual([theirs]);
    }
  });

  it('what changes nothing leaves no trace, so that no user begins the collecting of everybody’s files', async () => {
    const document = newDocument();
    const locks = db.collection('documentLocks');
    const before = await locks.countDocuments();
    const set =
      'mutation ($document: DocumentInput!) { setDocumentFiles(document: $document, fileIds: []) { id } }';
    const letGo = 'mutation ($document: DocumentInput!) { detachDocument(document: $document) { detached } }';
    for (const query of [set, letGo])
      expect(codeIn(await guarded.ann.graphql(query, { document }))).toBe('OK');
    expect(await locks.countDocuments()).toBe(before);
  });

  it('a user fills no field so that others can not change it', async () => {
    const document = newDocument();
    const [own, theirs] = [await stored(guarded.ann, 'own'), await stored(guarded.bob, 'theirs')];
    const filled = Array.from({ length: 1_000 }, (_, index) => ({
      // Of files that there are not: what counts is whose they say they are.
      fileId: `file_0${String(index).padStart(25, '0')}`,
      ...document,
      field: 'file',
      owner: 'ann',
      attachedAt: new Date(),
    }));
    await db.collection('attachments').insertMany(filled);
    expect(await attach(guarded.ann, own, document)).toBe('BAD_USER_INPUT');
    expect(await attach(guarded.bob, theirs, document)).toBe('OK');
    expect(await attach(guarded.bob, theirs, document, ', replace: true')).toBe('OK');
    await db.collection('attachments').deleteMany({ ...document });
  });

  it("a user's lists cost what the user holds, however much others hold there", async () => {
    const document = newDocument();
    const own = await stored(guarded.ann, 'one of many');
    await attach(guarded.ann, own, document);
    const others = Array.from({ length: 3_000 }, (_, index) => ({
      fileId: `file_0${String(index).padStart(25, '0')}`,
      ...document,
      field: 'file',
      owner: 'somebody',
      attachedAt: new Date(),
    }));
    await db.collection('attachments').insertMany(others);
    await db.setProfilingLevel('all');
    const { data } = await guarded.ann.graphql(
      'query ($c: String!, $d: ID!) { document(collection: $c, documentId: $d) { attachments { totalCount nodes { file { id } } } } documents(collection: $c) { totalCount nodes { documentId } } }',
      { c: document.collection, d: document.documentId },
    );
    await db.setProfilingLevel('off');
    expect(data).toMatchObject({
      document: { attachments: { totalCount: 1, nodes: [{ file: { id: own } }] } },
    });
    const commands = await db
      .collection('system.profile')
      .find({ ns: `${guarded.service.database}.attachments` })
      .toArray();
    expect(commands.length).toBeGreaterThanOrEqual(4);
    for (const { docsExamined, keysExamined } of commands) {
      expect([docsExamined < 500, keysExamined < 500]).toEqual([true, true]);
    }
    await db.collection('attachments').deleteMany({ ...document });
  });

  it('a hold that another program made on a user’s file is the user’s to see, and to end', async () => {
    const document = newDocument();
    const [own, theirs] = [await stored(guarded.ann, 'own'), await stored(guarded.bob, 'theirs')];
    for (const fileId of [own, theirs]) {
      await db.collection('files').updateOne({ _id: { $eq: fileId } } as object, { $inc: { refCount: 1 } });
      // Without the copy of the owner, as docs/data-model.md allows.
      await db
        .collection('attachments')
        .insertOne({ fileId, ...document, field: 'file', attachedAt: new Date() });
    }
    expect(await heldBy(document, guarded.ann)).toEqual([own]);
    const { data } = await guarded.ann.graphql(
      'mutation ($document: DocumentInput!) { detachDocument(document: $document) { fileIds } }',
      { document },
    );
    expect(data).toEqual({ detachDocument: { fileIds: [own] } });
    expect(await heldBy(document)).toEqual([theirs]);
  });

  it('an app and an admin hold and let go of anybody’s', async () => {
    const [one, other] = [await stored(guarded.ann, 'one'), await stored(guarded.bob, 'other')];
    for (const sender of [guarded.app, guarded.admin]) {
      const document = newDocument();
      expect([await attach(sender, one, document), await attach(sender, other, document)]).toEqual([
        'OK',
        'OK',
      ]);
      const { data } = await sender.graphql(
        'mutation ($document: DocumentInput!) { detachDocument(document: $document) { detached } }',
        { document },
      );
      expect(data).toEqual({ detachDocument: { detached: 2 } });
    }
  });
});

describe('deleting and updating', () => {
  const remove = 'mutation ($id: ID!, $force: Boolean!) { deleteFile(id: $id, force: $force) { deleted } }';

  it('are for the owner, apps and admins; a public file of another is FORBIDDEN', async () => {
    const open = await stored(guarded.ann, 'open', '?visibility=PUBLIC');
    const update = 'mutation ($id: ID!) { updateFile(id: $id, input: { keep: true }) { keep } }';
    for (const [query, code] of [
      [update, 'FORBIDDEN'],
      [remove, 'FORBIDDEN'],
    ] as const) {
      expect(codeIn(await guarded.bob.graphql(query, { id: open, force: true }))).toBe(code);
      expect(codeIn(await guarded.nobody.graphql(query, { id: open, force: true }))).toBe('UNAUTHENTICATED');
    }
    expect(codeIn(await guarded.ann.graphql(update, { id: open }))).toBe('OK');
    expect((await guarded.ann.graphql(remove, { id: open, force: false })).data).toEqual({
      deleteFile: { deleted: true },
    });
  });

  it('FILE_IN_USE names the documents of a file that is one’s own, and force deletes under them', async () => {
    const id = await stored(guarded.ann, 'held');
    const document = newDocument();
    await attach(guarded.app, id, document);
    const { errors } = await guarded.ann.graphql(remove, { id, force: false });
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'FILE_IN_USE',
      refCount: 1,
      documents: [{ ...document, field: 'file' }],
    });
    expect(codeIn(await guarded.bob.graphql(remove, { id, force: true }))).toBe('OK');
    expect((await guarded.ann.fetch(`/files/${id}`)).status).toBe(200);
    expect((await guarded.ann.graphql(remove, { id, force: true })).data).toEqual({
      deleteFile: { deleted: true },
    });
  });
});

describe('looking over the whole', () => {
  it('lists, counts and pages are of one’s own files', async () => {
    const mine = await stored(guarded.bob, 'listed', '?filename=listed.txt');
    const { data } = await guarded.bob.graphql<{
      files: { totalCount: number; nodes: { id: string; owner: string }[] };
    }>('{ files(first: 100) { totalCount nodes { id owner } } }');
    expect(data.files.nodes.map(({ id }) => id)).toContain(mine);
    expect(new Set(data.files.nodes.map(({ owner }) => owner))).toEqual(new Set(['bob']));
    expect(data.files.totalCount).toBe(data.files.nodes.length);
    const all = await guarded.app.graphql<{ files: { totalCount: number } }>('{ files { totalCount } }');
    expect(all.data.files.totalCount).toBeGreaterThan(data.files.totalCount);
  });

  it('a document of many pages shows a user its own, page by page, both ways', async () => {
    const document = newDocument();
    const own: string[] = [];
    for (let round = 0; round < 4; round++) {
      const [mine, theirs] = [await stored(guarded.ann, `m${round}`), await stored(guarded.bob, `t${round}`)];
      await attach(guarded.bob, theirs, document);
      await attach(guarded.ann, mine, document);
      own.push(mine);
    }
    for (const [size, cursor, first, has] of [
      ['first', 'after', 'endCursor', 'hasNextPage'],
      ['last', 'before', 'startCursor', 'hasPreviousPage'],
    ] as const) {
      const seen: string[] = [];
      let at: string | null = null;
      for (let pages = 0; pages < 4; pages++) {
        const answer: {
          data: {
            document: {
              attachments: {
                totalCount: number;
                nodes: { file: { id: string } }[];
                pageInfo: Record<string, string | boolean | null>;
              };
            };
          };
        } = await guarded.ann.graphql(
          `query ($c: String!, $d: ID!, $at: String) { document(collection: $c, documentId: $d) { attachments(${size}: 2, ${cursor}: $at) { totalCount nodes { file { id } } pageInfo { ${first} ${has} } } } }`,
          { c: document.collection, d: document.documentId, at },
        );
        const { attachments } = answer.data.document;
        expect(attachments.totalCount).toBe(4);
        const ids = attachments.nodes.map(({ file }) => file.id);
        if (size === 'first') seen.push(...ids);
        else seen.unshift(...ids);
        at = String(attachments.pageInfo[first]);
        if (!attachments.pageInfo[has]) break;
      }
      expect(seen).toEqual(own);
    }
  });

  it('storage totals are for apps and admins', async () => {
    for (const [sender, code] of [
      [guarded.nobody, 'UNAUTHENTICATED'],
      [guarded.ann, 'FORBIDDEN'],
      [guarded.app, 'OK'],
      [guarded.admin, 'OK'],
    ] as const) {
      expect(codeIn(await sender.graphql('{ storage { fileCount } }'))).toBe(code);
    }
  });
});
