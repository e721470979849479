/** Uploads are refused before MongoDB's disk is full, by every way in, and what needs no space goes on. */
import { randomBytes } from 'node:crypto';
import { type Db, MongoClient, MongoServerError } from 'mongodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createSpace } from '../src/domain/space.ts';
import { translateError } from '../src/storage/translate-error.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { RawConnection } from './support/raw-connection.ts';
import {
  databaseOf,
  newUploadUrl,
  outcomeOf,
  put,
  type Stored,
  stockOf,
  storedBy,
  storeFile,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const full = '507 STORAGE_FULL';
/** What other programs may write to this disk, or remove from it, while a test runs. */
const noiseBytes = 2_000_000_000;

async function freeBytes(): Promise<number> {
  const client = await new MongoClient(inject('mongodbUri')).connect();
  const { fsTotalSize, fsUsedSize } = await client.db('admin').command({ dbStats: 1 });
  await client.close();
  return Number(fsTotalSize) - Number(fsUsedSize);
}

describe('a reserve that is larger than what is free', () => {
  let roomy: Service;
  let service: Service;
  let db: Db;
  beforeAll(async () => {
    roomy = await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off' });
    service = await startService({
      GRIDHOLD_DATABASE: roomy.database,
      GRIDHOLD_SWEEP_INTERVAL: 'off',
      GRIDHOLD_STORAGE_RESERVE: '1000TB',
    });
    db = await databaseOf(service);
  });

  const form = (): FormData => {
    const data = new FormData();
    data.append('file', new Blob(['bytes']), 'a.txt');
    return data;
  };
  const byGraphql = async (): Promise<string> => {
    const data = new FormData();
    const query = 'mutation ($file: Upload!) { uploadFile(file: $file) { id } }';
    data.append('operations', JSON.stringify({ query, variables: { file: null } }));
    data.append('map', JSON.stringify({ 0: ['variables.file'] }));
    data.append('0', new Blob(['bytes']), 'a.txt');
    const headers = { 'apollo-require-preflight': '1' };
    const response = await fetch(`${service.url}/graphql`, { method: 'POST', headers, body: data });
    const { errors }: { errors?: { extensions: { code: string } }[] } = await response.json();
    return `507 ${errors?.[0]?.extensions.code}`;
  };
  /** Made while there was room: this instance makes none any more. */
  const url = async (): Promise<string> => (await newUploadUrl(roomy)).url.replace(roomy.url, service.url);
  const ways: readonly (readonly [way: string, send: () => Promise<string>])[] = [
    ['PUT to an upload URL', async () => await outcomeOf(await put(await url(), 'bytes'))],
    [
      'POST to an upload URL',
      async () => await outcomeOf(await fetch(await url(), { method: 'POST', body: 'bytes' })),
    ],
    ['a form', async () => await outcomeOf(await fetch(await url(), { method: 'POST', body: form() }))],
    [
      'POST /files',
      async () => await outcomeOf(await fetch(`${service.url}/files`, { method: 'POST', body: 'bytes' })),
    ],
    ['uploadFile in GraphQL', byGraphql],
    [
      'to make an upload URL, which is a record of its own',
      async () => {
        const { errors } = await service.graphql('mutation { generateUploadUrl { id } }');
        return `507 ${errors?.[0]?.extensions['code']}`;
      },
    ],
  ];

  it.each(ways)('refuses %s, and leaves nothing behind', async (_way, send) => {
    const before = await stockOf(db);
    expect(await send()).toBe(full);
    expect(await stockOf(db)).toEqual(before);
  });

  it('is told by the upload URL, which stays usable', async () => {
    const made = await newUploadUrl(roomy);
    expect(await outcomeOf(await put(made.url.replace(roomy.url, service.url), 'bytes'))).toBe(full);
    const { data } = await service.graphql('query ($id: ID!) { uploadUrl(id: $id) { error status } }', {
      id: made.id,
    });
    expect(data).toEqual({ uploadUrl: { error: 'STORAGE_FULL', status: 'WAITING' } });
    await storedBy(await put(made.url, 'bytes'));
  });

  it('answers what is stored already: a repeated upload, and a repeated key', async () => {
    const made = (await newUploadUrl(roomy)).url;
    const first = await storedBy(await put(made, 'the same'));
    const repeated = await storedBy(await put(made.replace(roomy.url, service.url), 'the same'), 200);
    expect(repeated.id).toBe(first.id);
    const headers = { 'idempotency-key': 'key-1' };
    const keyed = await storeFile(roomy, 'the same', { headers });
    const again = await fetch(`${service.url}/files`, { method: 'POST', headers, body: 'the same' });
    expect((await storedBy(again, 200)).id).toBe(keyed.id);
  });

  it('hinders no reading and no deleting, and says once in the log that storage is full', async () => {
    const { id } = await storeFile(roomy, randomBytes(1_000));
    expect(await outcomeOf(await fetch(`${service.url}/files/${id}`))).toBe('200');
    const update =
      'mutation ($id: ID!, $input: UpdateFileInput!) { updateFile(id: $id, input: $input) { id } }';
    const changed = await service.graphql(update, { id, input: { keep: true } });
    expect(changed.errors).toBeUndefined();
    const grown = await service.graphql(update, { id, input: { metadata: { a: 'more' } } });
    expect(grown.errors?.[0]?.extensions['code']).toBe('STORAGE_FULL');
    const { data } = await service.graphql('mutation ($id: ID!) { deleteFile(id: $id) { deleted } }', { id });
    expect(data).toEqual({ deleteFile: { deleted: true } });
    expect(await outcomeOf(await put(await url(), 'bytes'))).toBe(full);
    expect(service.log().filter(({ msg }) => msg === 'Storage is full: uploads are refused')).toHaveLength(1);
    expect(roomy.log().filter(({ msg }) => /Storage is full|not known/.test(String(msg)))).toEqual([]);
  });
});

describe('a reserve that is nearly all that is free', () => {
  it('refuses an upload that announces more than the rest before its body, and takes a small one', async () => {
    const service = await startService({
      GRIDHOLD_SWEEP_INTERVAL: 'off',
      GRIDHOLD_STORAGE_RESERVE: String((await freeBytes()) - noiseBytes),
      GRIDHOLD_MAX_UPLOAD_SIZE: '100GB',
    });
    const db = await databaseOf(service);
    const before = await stockOf(db);
    for (const target of [`${service.url}/files`, (await newUploadUrl(service)).url]) {
      const connection = await RawConnection.open(service.url);
      connection.head('POST', target, { 'Content-Length': 2 * noiseBytes, Expect: '100-continue' });
      const answer = await connection.answer();
      connection.destroy();
      expect(answer.status).toBe(507);
    }
    expect(await stockOf(db)).toEqual(before);
    const small: Stored = await storeFile(service, 'a few bytes');
    expect(small.size).toBe(11);
    await service.stop();
  });

  it('stops what is sent without a length when it comes to the reserve, and removes it', async () => {
    const store = await openTestGridhold({
      storageReserveBytes: (await freeBytes()) - 60_000_000,
      maxUploadBytes: 2 * noiseBytes,
    });
    const piece = randomBytes(1_000_000);
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield piece;
    }
    await expect(store.gridhold.store(endless())).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    for (const name of ['files', 'blobs.files', 'blobs.chunks', 'leases'])
      expect(await store.db.collection(name).countDocuments(), name).toBe(0);
  });

  it('of 0 checks nothing', async () => {
    const store = await openTestGridhold({ storageReserveBytes: 0 });
    let looked = 0;
    store.client.on('commandStarted', ({ commandName }) => {
      if (commandName === 'dbStats') looked += 1;
    });
    await store.gridhold.store(Buffer.from('bytes'));
    expect(looked).toBe(0);
    const checking = await openTestGridhold({});
    checking.client.on('commandStarted', ({ commandName }) => {
      if (commandName === 'dbStats') looked += 1;
    });
    // All at once: what was looked up is good for some seconds, which five one after another may take.
    const files = Array.from({ length: 5 }, (_, file) => Buffer.from(`bytes ${file}`));
    await Promise.all(files.map((file) => checking.gridhold.store(file)));
    expect(looked).toBe(1);
  });
});

describe('the free space that MongoDB tells', () => {
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (_: object, message: string) => warnings.push(message) };
  const spaceOf = (read: Parameters<typeof createSpace>[0]['read'], freshMs = 60_000) =>
    createSpace({ read, reserveBytes: 100, log, freshMs });

  it('is asked for once by all who come, and refuses nothing where it is not told or fails', async () => {
    for (const read of [async () => null, async () => Promise.reject(new Error('not authorized'))]) {
      warnings.length = 0;
      let readings = 0;
      const space = spaceOf(async () => {
        readings += 1;
        return await read();
      });
      await Promise.all(Array.from({ length: 20 }, () => space.check(1e15)));
      space.take(1e15);
      expect([readings, warnings.length]).toEqual([1, 1]);
    }
  });

  it('is not waited for longer than a moment', async () => {
    const space = spaceOf(() => new Promise(() => undefined));
    const begun = performance.now();
    await space.check(1e15);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('counts what was sent since, three times over, and what removed chunks have left to be used again', async () => {
    const full = { code: 'STORAGE_FULL' };
    const space = spaceOf(async () => ({ diskBytes: 400, reusableBytes: 0 }));
    await space.check(99);
    await expect(space.check(100)).rejects.toMatchObject(full);
    space.take(60);
    await expect(space.check(40)).rejects.toMatchObject(full);
    await space.check(39);
    expect(() => space.take(40)).toThrow('Storage is full');
    await spaceOf(async () => ({ diskBytes: 90, reusableBytes: 1_000 })).check(19);
    await expect(
      spaceOf(async () => ({ diskBytes: 49, reusableBytes: 1_000 })).check(1),
    ).rejects.toMatchObject(full);
  });

  it('does not yet show what MongoDB has still to write: that counts on after the next reading', async () => {
    const space = spaceOf(async () => ({ diskBytes: 400, reusableBytes: 0 }), 0);
    await space.check(90);
    space.take(90);
    await space.check(1);
    await expect(space.check(30)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  });

  it('is read again, so that a store with room again takes bytes again', async () => {
    let diskBytes = 50;
    const space = spaceOf(async () => ({ diskBytes, reusableBytes: 0 }), 0);
    await expect(space.check(1)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    diskBytes = 1_000;
    await space.check(1);
  });
});

it('MongoDB’s own word that its disk or its quota is used up is STORAGE_FULL', () => {
  const told = (code: number, message: string) => translateError(new MongoServerError({ code, message }));
  expect(told(14_031, 'No space left on device')).toMatchObject({ code: 'STORAGE_FULL' });
  expect(told(8_000, 'you are over your space quota, using 513 MB of 512 MB')).toMatchObject({
    code: 'STORAGE_FULL',
  });
  expect(told(8_000, 'another of its refusals')).toMatchObject({ code: 8_000 });
});
