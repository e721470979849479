/** What the client asks and changes by GraphQL, against the real service, and what comes over the wire for it. */
import { randomBytes } from 'node:crypto';
import { createGridholdClient, type GridholdClient, GridholdClientError } from 'gridhold/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { answerWith, type FlakyProxy, startFlakyProxy } from './support/flaky-proxy.ts';
import { newFile, newFiles } from './support/graphql-calls.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let proxy: FlakyProxy;
let gridhold: GridholdClient;

beforeAll(async () => {
  service = await startService();
  proxy = await startFlakyProxy(service.url);
  gridhold = createGridholdClient({ url: proxy.url });
});

const newDocument = (): { collection: string; documentId: string } => ({
  collection: 'posts',
  documentId: crypto.randomUUID(),
});

/** What was asked while it ran. */
async function requestsOf(run: () => Promise<unknown>): Promise<{ variables: Record<string, unknown> }[]> {
  const before = proxy.seen('graphql').length;
  await run();
  return proxy
    .seen('graphql')
    .slice(before)
    .map(({ text }): { variables: Record<string, unknown> } => JSON.parse(text));
}

describe('url', () => {
  it('of all that are asked for in one moment costs one request, each ID once', async () => {
    const ids = await newFiles(service, 5);
    const asked = await requestsOf(async () => {
      const urls = await Promise.all([...ids, ...ids].map((id) => gridhold.url(id)));
      expect(urls.map((url) => url?.split('/').pop())).toEqual([...ids, ...ids]);
    });
    expect(asked.map(({ variables }) => variables['ids'])).toEqual([ids]);
  });

  it('of 250 IDs costs three requests, repeats among them included', async () => {
    const [known = ''] = await newFiles(service, 1);
    const ids = [...Array.from({ length: 249 }, (_, index) => `file_${index}`), known];
    const asked = await requestsOf(async () => {
      const urls = await Promise.all([...ids, ...ids].map((id) => gridhold.url(id)));
      expect(urls.filter((url) => url !== null)).toHaveLength(2);
      expect(urls[249]).toContain(known);
    });
    expect(asked.map(({ variables }) => variables['ids'])).toEqual([
      ids.slice(0, 100),
      ids.slice(100, 200),
      ids.slice(200),
    ]);
  });

  it('is null for what is unknown or malformed, and the others are not hindered', async () => {
    const id = await newFile(service);
    const ids = ['file_00000000000000000000000000', 'nonsense', '', id];
    expect(await Promise.all(ids.map((one) => gridhold.url(one)))).toEqual([
      null,
      null,
      null,
      expect.stringContaining(id),
    ]);
  });

  it('asks apart for what has other options', async () => {
    const id = await newFile(service);
    const asked = await requestsOf(async () => {
      const [shown, saved] = await Promise.all([
        gridhold.url(id),
        gridhold.url(id, { download: true }),
        gridhold.url(id, { expiresIn: 60 }),
        gridhold.url(id, {}),
      ]);
      expect(shown).not.toContain('download');
      expect(saved).toContain('download');
    });
    expect(asked).toHaveLength(3);
  });

  it('rejects for all of a batch that fails, and the next one works', async () => {
    const id = await newFile(service);
    const impatient = createGridholdClient({ url: proxy.url, retries: 0 });
    proxy.failNext('graphql', answerWith(502, '<html>'));
    const outcomes = await Promise.allSettled([
      impatient.url(id),
      impatient.url(id),
      impatient.url('file_other'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await impatient.url(id)).toContain(id);
  });

  it('is asked for anew in the next moment', async () => {
    const id = await newFile(service);
    await gridhold.url(id);
    await gridhold.delete({ id });
    expect(await gridhold.url(id)).toBeNull();
  });
});

describe('files', () => {
  const owner = crypto.randomUUID();
  let names: readonly string[];

  beforeAll(async () => {
    names = Array.from({ length: 7 }, (_, index) => `${index}.txt`);
    for (const [index, filename] of names.entries()) {
      await gridhold.upload(Buffer.from('x'.repeat(10 - index)), {
        filename,
        owner,
        contentType: index % 2 ? 'text/csv' : 'text/plain',
      });
    }
  });

  const namesOf = async (options: Parameters<GridholdClient['files']>[0]): Promise<(string | null)[]> => {
    const found: (string | null)[] = [];
    for await (const { filename } of gridhold.files(options)) found.push(filename);
    return found;
  };

  it('come page by page, newest first', async () => {
    const asked = await requestsOf(async () => {
      expect(await namesOf({ filter: { owner }, pageSize: 3 })).toEqual([...names].reverse());
    });
    expect(asked.map(({ variables }) => variables['first'])).toEqual([3, 3, 3]);
  });

  it('are not asked for beyond what a loop takes', async () => {
    const asked = await requestsOf(async () => {
      let count = 0;
      for await (const _ of gridhold.files({ filter: { owner }, pageSize: 2 })) if (++count === 2) break;
    });
    expect(asked).toHaveLength(1);
  });

  it('are filtered and in the order asked for', async () => {
    const filter = { owner, contentType: 'text/csv' };
    expect(await namesOf({ filter })).toEqual(['5.txt', '3.txt', '1.txt']);
    const orderBy = { field: 'SIZE', direction: 'ASC' } as const;
    expect(await namesOf({ filter, orderBy, pageSize: 1 })).toEqual(['5.txt', '3.txt', '1.txt']);
    expect(await namesOf({ filter, orderBy: { ...orderBy, direction: 'DESC' } })).toEqual([
      '1.txt',
      '3.txt',
      '5.txt',
    ]);
  });

  it('are none where none match', async () => {
    expect(await namesOf({ filter: { owner: 'nobody' } })).toEqual([]);
  });

  it('end by the signal between two pages', async () => {
    const controller = new AbortController();
    const reason = new Error('Enough');
    const found: string[] = [];
    const asked = await requestsOf(async () => {
      const reading = (async () => {
        for await (const { id } of gridhold.files({
          filter: { owner },
          pageSize: 2,
          signal: controller.signal,
        })) {
          found.push(id);
          if (found.length === 2) controller.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
    });
    expect(found).toHaveLength(2);
    expect(asked).toHaveLength(1);
  });
});

describe('holding', () => {
  it('attaches, again, and lets go, again', async () => {
    const fileId = await newFile(service);
    const document = newDocument();
    const attached = await gridhold.attach({ fileId, document });
    expect(attached).toMatchObject({
      document,
      field: 'file',
      file: { id: fileId, refCount: 1, expiresAt: null },
    });
    expect((await gridhold.attach({ fileId, document })).id).toBe(attached.id);
    expect(await gridhold.detach({ fileId, document })).toMatchObject({
      detached: true,
      file: { refCount: 0 },
    });
    expect(await gridhold.detach({ fileId, document })).toMatchObject({
      detached: false,
      file: { id: fileId },
    });
    expect(await gridhold.detach({ fileId: 'nonsense', document })).toEqual({ detached: false, file: null });
  });

  it('replaces what a field holds', async () => {
    const [first = '', second = ''] = await newFiles(service, 2);
    const document = newDocument();
    await gridhold.attach({ fileId: first, document, field: 'image' });
    await gridhold.attach({ fileId: second, document, field: 'image', replace: true });
    expect((await gridhold.file(first))?.refCount).toBe(0);
    expect(await gridhold.detach({ fileId: second, document, field: 'other' })).toMatchObject({
      detached: false,
    });
    expect(await gridhold.detach({ fileId: second, document, field: 'image' })).toMatchObject({
      detached: true,
    });
  });

  it('sets the files of a field, and lets a document go', async () => {
    const ids = await newFiles(service, 3);
    const document = newDocument();
    expect(await gridhold.setDocumentFiles({ document, fileIds: ids })).toEqual(document);
    await gridhold.setDocumentFiles({ document, fileIds: ids.slice(1) });
    expect((await gridhold.file(ids[0] ?? ''))?.refCount).toBe(0);
    await gridhold.setDocumentFiles({ document, field: 'cover', fileIds: ids.slice(0, 1) });
    const gone = await gridhold.detachDocument({ document });
    expect(gone.detached).toBe(3);
    expect([...gone.fileIds].sort()).toEqual([...ids].sort());
    expect(await gridhold.detachDocument({ document })).toEqual({ detached: 0, fileIds: [] });
  });

  it('names the files that are missing', async () => {
    const [known = ''] = await newFiles(service, 1);
    const fileIds = [known, 'file_00000000000000000000000000'];
    await expect(gridhold.setDocumentFiles({ document: newDocument(), fileIds })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      retryable: false,
      details: { fileIds: ['file_00000000000000000000000000'] },
    });
    await expect(gridhold.attach({ fileId: 'nonsense', document: newDocument() })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      requestId: expect.any(String),
    });
  });
});

describe('delete', () => {
  it('refuses what documents hold, and names them; forced it deletes, and again', async () => {
    const id = await newFile(service);
    const document = newDocument();
    await gridhold.attach({ fileId: id, document, field: 'image' });
    const refused: unknown = await gridhold.delete({ id }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(GridholdClientError);
    expect(refused).toMatchObject({
      code: 'FILE_IN_USE',
      retryable: false,
      details: { documents: [{ ...document, field: 'image' }], refCount: 1 },
    });
    expect(await gridhold.delete({ id, force: true })).toEqual({ fileId: id, deleted: true });
    expect(await gridhold.delete({ id, force: true })).toEqual({ fileId: id, deleted: false });
    expect(await gridhold.file(id)).toBeNull();
  });
});

describe('generateUploadUrl', () => {
  it('gives a URL, its ID and its end, as asked for', async () => {
    const made = await gridhold.generateUploadUrl({ expiresIn: 60, filename: 'a.txt' });
    expect(made.url).toContain('/upload/');
    const left = Date.parse(made.expiresAt) - Date.now();
    expect(left).toBeLessThanOrEqual(60_000);
    expect(await gridhold.generateUploadUrl()).toMatchObject({ id: expect.not.stringMatching(made.id) });
  });
});

describe('request', () => {
  it('sends any other operation', async () => {
    const data = await gridhold.request<{ storage: { fileCount: number } }>('{ storage { fileCount } }');
    expect(data.storage.fileCount).toBeGreaterThan(0);
  });

  it.each([
    ['GRAPHQL_PARSE_FAILED', '{ storage {', {}],
    ['GRAPHQL_VALIDATION_FAILED', '{ nothing }', {}],
    ['BAD_USER_INPUT', '{ files(first: 1000) { totalCount } }', {}],
    ['BAD_USER_INPUT', 'query ($id: ID!) { file(id: $id) { id } }', {}],
  ])('throws %s as a typed error, once', async (code, query, variables) => {
    const asked = await requestsOf(async () => {
      const error: unknown = await gridhold.request(query, variables).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(GridholdClientError);
      expect(error).toMatchObject({ code, retryable: false, message: expect.stringMatching(/\S/) });
    });
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['a page', '<html>', 'text/html'],
    ['JSON of another kind', '[1]', 'application/json'],
    ['errors of another server', '{"errors":[{"message":"no"}]}', 'application/json'],
    ['nothing', '', 'application/json'],
  ])('tells of %s as INVALID_RESPONSE', async (_what, body, type) => {
    proxy.failNext('graphql', answerWith(200, body, { 'content-type': type }));
    await expect(
      gridhold.request(`{ storage { fileCount } } # ${randomBytes(2).toString('hex')}`),
    ).rejects.toMatchObject({
      code: 'INVALID_RESPONSE',
      status: 200,
      retryable: false,
    });
  });
});

describe('how often request sends', () => {
  const sent = (): number => proxy.seen('graphql').length;
  const dropped = answerWith(503, '<html>');

  it('repeats a query that fails for a passing reason, and sends a mutation once', async () => {
    const before = sent();
    proxy.failNext('graphql', dropped);
    expect(await gridhold.request('{ storage { id } }')).toMatchObject({ storage: {} });
    expect(sent() - before).toBe(2);
    proxy.failNext('graphql', dropped);
    const mutation =
      '# a comment\nfragment F on File { id }\nmutation ($url: URL!) { storeFileFromUrl(url: $url) { ...F } }';
    await expect(gridhold.request(mutation, { url: 'http://a.example' })).rejects.toMatchObject({
      status: 503,
    });
    expect(sent() - before).toBe(3);
  });

  it('repeats a mutation as often as it is told to', async () => {
    const id = await newFile(service);
    const before = sent();
    proxy.failNext('graphql', dropped);
    const mutation = 'mutation ($id: ID!) { deleteFile(id: $id) { deleted } }';
    expect(await gridhold.request(mutation, { id }, { retries: 1 })).toEqual({
      deleteFile: { deleted: true },
    });
    expect(sent() - before).toBe(2);
  });

  it('waits for as long as it is told to, and says that this was the cause', async () => {
    proxy.failNext('graphql', () => undefined);
    const impatient = gridhold.request('{ storage { id } }', {}, { retries: 0, timeoutMs: 50 });
    await expect(impatient).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
      cause: { message: 'No answer came in 50 ms' },
    });
  });
});

it('createGridholdClient takes a public URL with or without its slash, and says so where it is that of GraphQL', async () => {
  const slashed = createGridholdClient({ url: new URL(`${service.url}/`) });
  expect(await slashed.file('file_none')).toBe(null);
  expect(() => createGridholdClient({ url: `${service.url}/graphql` })).toThrow(/without \/graphql/);
});
