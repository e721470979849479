/** Storage that has lost bytes of a file: the transfer breaks, and no client takes what came for the whole. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Db, Document } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from './support/raw-connection.ts';
import { databaseOf, outcomeOf, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off' });
  db = await databaseOf(service);
});

describe('a file of which storage has lost bytes', () => {
  const size = 3_000_000;

  async function blobOf(id: string): Promise<unknown> {
    const file = await db.collection<Document & { _id: string }>('files').findOne({ _id: id });
    return file?.['blobId'];
  }

  /** What came of a body until its connection ended. */
  async function read(
    url: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; bytes: number; isWhole: boolean }> {
    const response = await fetch(url, { headers });
    let bytes = 0;
    try {
      for await (const chunk of response.body ?? []) bytes += chunk.byteLength;
      return { status: response.status, bytes, isWhole: true };
    } catch {
      return { status: response.status, bytes, isWhole: false };
    }
  }

  it.each([
    ['in the middle', 9, 'delete'],
    ['at the end', 11, 'delete'],
    ['by a chunk that is too short', 10, 'shorten'],
  ])('%s breaks the transfer: never a short answer that looks whole', async (_where, n, damage) => {
    const bytes = randomBytes(size);
    const { id, url } = await storeFile(service, bytes);
    const files_id = await blobOf(id);
    const chunks = db.collection('blobs.chunks');
    if (damage === 'delete') await chunks.deleteOne({ files_id, n });
    else await chunks.updateOne({ files_id, n }, { $set: { data: Buffer.from('short') } });
    const broken = await read(url);
    expect(broken.isWhole).toBe(false);
    expect(broken.bytes).toBeLessThan(size);
    // What is there is served still, by itself.
    expect(await read(url, { range: 'bytes=0-999' })).toEqual({ status: 206, bytes: 1_000, isWhole: true });
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    expect((await read(url, { range: `bytes=0-9,${size - 700_000}-` })).isWhole).toBe(false);
    // Equal bytes that are sent again make a file that is whole.
    const again = await storeFile(service, bytes);
    expect(await read(again.url)).toEqual({ status: 200, bytes: size, isWhole: true });
  });

  it('at the beginning gets an error in words, since nothing was sent yet', async () => {
    const { id, url } = await storeFile(service, randomBytes(size));
    await db.collection('blobs.chunks').deleteOne({ files_id: await blobOf(id), n: 0 });
    expect(await outcomeOf(await fetch(url))).toBe('500 INTERNAL_SERVER_ERROR');
  });

  it('while it is sent breaks the transfer, and does not hang', async () => {
    const large = 24_000_000;
    const { id, url } = await storeFile(service, randomBytes(large));
    const connection = await RawConnection.open(url);
    connection.head('GET', url).socket.pause();
    await pause(300);
    await db.collection('blobs.chunks').deleteMany({ files_id: await blobOf(id), n: { $gte: 80 } });
    connection.socket.resume();
    await connection.closed;
    expect(connection.unread).toBeGreaterThan(0);
    expect(connection.unread).toBeLessThan(large);
    await expect(connection.answer()).rejects.toThrow('ended before');
  });
});
