/**
 * Storage that has lost bytes of a file, or holds them in another form than GridFS wants: what is there is served, and
 * where bytes are lost the transfer breaks. No client takes what came for the whole, waits for ever, or gets more.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Db, ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { alterBytes, type GridfsDamage, gridfsDamages } from './support/gridfs-damage.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { RawConnection } from './support/raw-connection.ts';
import { digestOf, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let gridhold: Gridhold;
let db: Db;

beforeAll(async () => {
  let database: string;
  ({ gridhold, db, databaseName: database } = await openTestGridhold());
  service = await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off', GRIDHOLD_DATABASE: database });
});

async function blobOf(id: string): Promise<ObjectId> {
  const file = await db.collection<{ _id: string; blobId: ObjectId }>('files').findOne({ _id: id });
  if (!file) throw new Error(`There is no record of ${id}`);
  return file.blobId;
}

/** Whole bytes, an error in words before any of them, or a transfer that ended early; and never something else. */
type Transfer = { readonly status: number; readonly came: Buffer; readonly isWhole: boolean };

async function read(url: string, headers: Record<string, string> = {}): Promise<Transfer> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(60_000) });
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of response.body ?? []) pieces.push(piece);
    return { status: response.status, came: Buffer.concat(pieces), isWhole: true };
  } catch (error) {
    if (error instanceof DOMException) throw error;
    return { status: response.status, came: Buffer.concat(pieces), isWhole: false };
  }
}

/** Says what is wrong with it, or nothing where it is refused in words, or breaks off after bytes that are right. */
function pretence({ status, came, isWhole }: Transfer, wanted: Uint8Array): string | null {
  if (status === 500 && isWhole) {
    return JSON.parse(came.toString()).code === 'INTERNAL_SERVER_ERROR' ? null : `an error: ${came}`;
  }
  if (isWhole) return `${came.byteLength} bytes that look whole`;
  if (came.byteLength >= wanted.byteLength) return `all of ${wanted.byteLength} bytes`;
  return came.equals(wanted.subarray(0, came.byteLength)) ? null : 'bytes that are none of the file';
}

/** By hand: the first answer of a connection that carries further requests behind it. */
async function firstOf(url: string, ...requests: readonly string[]): Promise<number | 'broken'> {
  const connection = await RawConnection.open(url);
  const { host } = new URL(url);
  for (const request of requests) connection.send(`${request}\r\nHost: ${host}\r\n\r\n`);
  const status = await connection.answer().then(
    (answer) => answer.status,
    () => 'broken' as const,
  );
  connection.destroy();
  return status;
}

/** A file with this damage, of which HEAD tells nothing; and the check that equal bytes make a blob of their own. */
async function damagedFile({ length, damage, isSeenByStoring }: GridfsDamage) {
  const bytes = randomBytes(length);
  const { id, url } = await storeFile(service, bytes);
  await damage(db, await blobOf(id));
  const expectStoredAnew = async (): Promise<void> => {
    const again = await storeFile(service, bytes);
    expect(await blobOf(again.id)).not.toEqual(await blobOf(id));
  };
  if (isSeenByStoring) await expectStoredAnew();
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(length)]);
  return { bytes, id, url, expectStoredAnew };
}

type Loss = GridfsDamage & { readonly lost: object };
const losses = gridfsDamages.filter((damage): damage is Loss => damage.lost !== null);
const oddities = gridfsDamages.filter(({ lost }) => lost === null);

describe('where bytes are lost, a transfer breaks at them, and the rest is served:', () => {
  it.each(losses)('$name', async (damage) => {
    const { length, lost, isSeenByStoring } = damage;
    const { bytes, id, url, expectStoredAnew } = await damagedFile(damage);
    const intact = [
      [0, lost.start - 1],
      [lost.end, length - 1],
    ] as const;
    for (const [start, end] of intact) {
      if (start > end) continue;
      const part = await read(url, { range: `bytes=${start}-${end}` });
      expect([part.status, part.isWhole]).toEqual([206, true]);
      expect(part.came.equals(bytes.subarray(start, end + 1))).toBe(true);
    }
    expect(pretence(await read(url), bytes)).toBe(null);
    const path = new URL(url).pathname;
    expect([500, 'broken']).toContain(await firstOf(url, `GET ${path} HTTP/1.0`));
    const another = 'GET /health HTTP/1.1';
    expect([500, 'broken']).toContain(await firstOf(url, `GET ${path} HTTP/1.1`, another));
    const [start, end] = [Math.max(0, lost.start - 10), Math.min(length, lost.start + 10) - 1];
    const touching = await read(url, { range: `bytes=${start}-${end}` });
    expect(pretence(touching, bytes.subarray(start, end + 1))).toBe(null);
    if (length > 1) {
      const parts = await read(url, { range: `bytes=${start}-${start},${lost.end - 2}-${lost.end - 1}` });
      expect([parts.status, parts.isWhole]).toEqual([206, false]);
    }
    const { stream } = await gridhold.open(id);
    await expect(stream.toArray()).rejects.toThrow('missing or has a wrong size');
    // Else it is seen by now, because somebody has read it.
    if (!isSeenByStoring) await expectStoredAnew();
  });
});

describe('where nothing is lost, every byte is served:', () => {
  it.each(oddities)('$name', async (damage) => {
    const { bytes, id, url } = await damagedFile(damage);
    const { status, came, isWhole } = await read(url);
    expect([status, isWhole, came.equals(bytes)]).toEqual([200, true, true]);
    const { stream } = await gridhold.open(id);
    expect(Buffer.concat(await stream.toArray()).equals(bytes)).toBe(true);
  });
});

describe('a file of which storage loses bytes', () => {
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

  it('or has others in their place, as many as before, is told apart by the digest that every answer has', async () => {
    const bytes = randomBytes(300_000);
    const { id, url } = await storeFile(service, bytes);
    await alterBytes(db, await blobOf(id));
    const response = await fetch(url);
    expect(response.headers.get('repr-digest')).toBe(digestOf(bytes));
    expect(digestOf(await response.bytes())).not.toBe(digestOf(bytes));
  });
});
