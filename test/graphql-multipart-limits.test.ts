/** Sizes through GraphQL, right to the byte, and uploads that break off: what is not stored leaves nothing. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { brokenInvariants } from './support/invariants.ts';
import {
  csrfHeader,
  multipartBody,
  multipartType,
  openPost,
  postMultipart,
  uploadParts,
} from './support/multipart-request.ts';
import { databaseOf, stockOf } from './support/requests.ts';
import { runCommand } from './support/run-command.ts';
import { type Service, startService } from './support/service.ts';

const limit = 1_000_000;

let service: Service;
let db: Db;
beforeAll(async () => {
  service = await startService({ GRIDHOLD_MAX_UPLOAD_SIZE: '1MB', GRIDHOLD_SWEEP_INTERVAL: 'off' });
  db = await databaseOf(service);
});

const send = (size: number, input: object = {}): ReturnType<typeof postMultipart> =>
  postMultipart(service.url, uploadParts(randomBytes(size), { variables: { input } }));
/** The writers that noticed have cleaned up. */
async function until(isSo: (stock: Record<string, number>) => boolean, withinMs = 60_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const stock = await stockOf(db);
    if (isSo(stock)) return;
    if (performance.now() > giveUpAt) throw new Error(`It did not come to that: ${JSON.stringify(stock)}`);
    await sleep(50);
  }
}
const same =
  (one: object): ((other: object) => boolean) =>
  (other) =>
    JSON.stringify(other) === JSON.stringify(one);

describe('the limit of a file', () => {
  it.each([
    ['the settings’', limit, {}],
    ['the input’s, which is lower', 300_000, { maxSize: 300_000 }],
    ['the settings’, where the input asks for more', limit, { maxSize: 2 * limit }],
    ['the input’s, of less than a packet', 10, { maxSize: 10 }],
    ['none at all', 0, { maxSize: 0 }],
  ])('%s: exactly so many bytes are stored, one more stores nothing', async (_what, size, input) => {
    const exact = await send(size, input);
    expect(exact.body, exact.text).toMatchObject({ data: { uploadFile: { size } } });
    const before = await stockOf(db);
    const over = await send(size + 1, input);
    expect(over.body.errors?.[0]).toMatchObject({
      path: ['uploadFile'],
      extensions: { code: 'FILE_TOO_LARGE', maxSize: size, retryable: false, requestId: expect.any(String) },
    });
    expect(over.body.data).toBeNull();
    expect(await stockOf(db)).toEqual(before);
  });

  it('is told far beyond it as well, to a client that sends all the same', async () => {
    const before = await stockOf(db);
    const startedAt = performance.now();
    const { body } = await send(40 * limit);
    expect(body.errors?.[0]?.extensions.code).toBe('FILE_TOO_LARGE');
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(await stockOf(db)).toEqual(before);
  });

  it('stops a file midway, while its client is still sending', async () => {
    const before = await stockOf(db);
    const bytes = multipartBody(
      uploadParts(randomBytes(800_000), { variables: { input: { maxSize: 200_000 } } }),
    );
    const { request, answer } = openPost(service.url, {
      'content-type': multipartType,
      'content-length': bytes.byteLength,
      ...csrfHeader,
    });
    request.write(bytes.subarray(0, 500_000));
    // The rest never comes by itself: the answer must not wait for it.
    const early = await Promise.race([answer, sleep(25_000, null)]);
    expect(early?.text).toContain('"code":"FILE_TOO_LARGE"');
    request.end(bytes.subarray(500_000));
    await until(same(before));
  });

  it('of one file does not end another in the same request', async () => {
    const query = `mutation ($one: Upload!, $two: Upload!) {
      two: uploadFile(file: $two) { size } one: uploadFile(file: $one) { size }
    }`;
    const before = await stockOf(db);
    const { body } = await postMultipart(service.url, [
      { name: 'operations', body: JSON.stringify({ query, variables: { one: null, two: null } }) },
      { name: 'map', body: JSON.stringify({ 0: ['variables.one'], 1: ['variables.two'] }) },
      { name: '0', body: randomBytes(limit + 1), filename: 'too large' },
      { name: '1', body: randomBytes(400_000), filename: 'fits' },
    ]);
    expect(body.errors).toMatchObject([{ path: ['one'], extensions: { code: 'FILE_TOO_LARGE' } }]);
    // The mutation before it was done, one after another as GraphQL has it; the one that failed left nothing.
    const after = await stockOf(db);
    expect(after).toMatchObject({ files: (before['files'] ?? 0) + 1, leases: before['leases'] });
    expect(await brokenInvariants(db)).toEqual([]);
  });
});

describe('an upload that breaks off', () => {
  it('midway in its file leaves no chunk, once the service has noticed', async () => {
    const before = await stockOf(db);
    const bytes = multipartBody(uploadParts(randomBytes(900_000)));
    const { request } = openPost(service.url, {
      'content-type': multipartType,
      'content-length': bytes.byteLength,
      ...csrfHeader,
    });
    request.on('error', () => undefined);
    request.write(bytes.subarray(0, 700_000));
    await until(({ leases = 0 }) => leases > (before['leases'] ?? 0));
    request.destroy();
    await until(same(before));
  });

  it('at any point of two hundred leaves nothing but remembered leases', async () => {
    const before = await stockOf(db);
    const bytes = multipartBody(uploadParts(randomBytes(600_000)));
    let answered = 0;
    const breakOff = async (): Promise<void> => {
      const at = Math.floor(Math.random() * bytes.byteLength);
      const { request, answer } = openPost(service.url, {
        'content-type': multipartType,
        'content-length': bytes.byteLength,
        ...csrfHeader,
      });
      request.on('error', () => undefined);
      answer.then(
        () => {
          answered += 1;
        },
        () => undefined,
      );
      for (let sent = 0; sent < at; sent += 65_536) {
        if (!request.write(bytes.subarray(sent, Math.min(at, sent + 65_536)))) await sleep(1);
      }
      await sleep(Math.random() * 20);
      request.destroy();
    };
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 10 }, breakOff));
    expect(answered).toBe(0);

    // The service comes to know one by one, and those that it knows of it has cleaned up after.
    const leases = db.collection('leases');
    for (let quiet = 0; quiet < 20; quiet++) {
      if ((await leases.countDocuments({ why: 'writing' })) > 0) quiet = 0;
      await sleep(100);
    }
    // The time of all that is left is over now, and two passes see to it.
    for (let pass = 0; pass < 2; pass++) {
      const past = new Date(Date.now() - 7 * 86_400_000);
      await leases.updateMany(
        { why: { $ne: 'remembered' } },
        { $set: { until: past, since: past, progressAt: past } },
      );
      const { code, stderr } = await runCommand(['sweep'], {
        MONGODB_URI: inject('mongodbUri'),
        GRIDHOLD_DATABASE: service.database,
      });
      expect(code, stderr).toBe(0);
    }
    expect(await leases.countDocuments({ why: { $ne: 'remembered' } })).toBe(0);
    expect({ ...(await stockOf(db)), leases: 0 }).toEqual({ ...before, leases: 0 });
    expect(await brokenInvariants(db)).toEqual([]);
  });
});
