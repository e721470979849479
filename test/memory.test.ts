/** A large file passes through in bounded memory, whatever way it comes and goes. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Service, startService } from './support/service.ts';

const mebibyte = 1_048_576;
const fileBytes = 100 * mebibyte;
const mostGrowthBytes = 64 * mebibyte;

/** Bytes that don't compress and don't repeat, made piece by piece: this process must not hold them either. */
function* pieces(total: number, seed: number): Generator<Buffer> {
  const piece = Buffer.alloc(64 * 1_024);
  let state = seed;
  for (let sent = 0; sent < total; sent += piece.byteLength) {
    for (let offset = 0; offset < piece.byteLength; offset += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      piece.writeUInt32LE(state, offset);
    }
    yield Buffer.from(piece.subarray(0, Math.min(piece.byteLength, total - sent)));
  }
}

function rssBytes(pid: number): number {
  const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}

/** The most that the process grew by while the work went on. */
async function growthDuring(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = rssBytes(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, rssBytes(pid));
  }, 10);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, rssBytes(pid)) - before;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: Iterable<Buffer>,
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }));
    });
    outgoing.on('error', reject);
    void (async () => {
      for (const piece of body) {
        if (!outgoing.write(piece)) await new Promise((drained) => outgoing.once('drain', drained));
      }
      outgoing.end();
    })();
  });
}

async function download(url: string): Promise<number> {
  let bytes = 0;
  const response = await fetch(url);
  for await (const piece of response.body ?? []) bytes += piece.byteLength;
  return bytes;
}

describe.skipIf(process.platform !== 'linux')('memory', () => {
  let service: Service;
  const ids: string[] = [];

  const uploadByUrl = async (bytes: number, seed: number): Promise<void> => {
    const answer = await service.graphql<{ generateUploadUrl: { url: string } }>(
      'mutation { generateUploadUrl { url } }',
    );
    const headers = { 'content-length': String(bytes) };
    const { status, body } = await send(
      answer.data.generateUploadUrl.url,
      'PUT',
      headers,
      pieces(bytes, seed),
    );
    expect(status, body).toBe(201);
    ids.push(JSON.parse(body).id);
  };

  const uploadByGraphql = async (bytes: number, seed: number): Promise<void> => {
    const boundary = 'x-gridhold-boundary';
    const operations = {
      query: 'mutation ($f: Upload!) { uploadFile(file: $f) { id size } }',
      variables: { f: null },
    };
    const part = (head: string): Buffer =>
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n`);
    const body = function* (): Generator<Buffer> {
      yield part(`name="operations"\r\n\r\n${JSON.stringify(operations)}`);
      yield part(`name="map"\r\n\r\n{"0":["variables.f"]}`);
      yield part(`name="0"; filename="large.bin"\r\nContent-Type: application/octet-stream\r\n`);
      yield* pieces(bytes, seed);
      yield Buffer.from(`\r\n--${boundary}--\r\n`);
    };
    const headers = {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'apollo-require-preflight': '1',
    };
    const answer = await send(`${service.url}/graphql`, 'POST', headers, body());
    expect(JSON.parse(answer.body)).toMatchObject({ data: { uploadFile: { size: bytes } } });
    ids.push(JSON.parse(answer.body).data.uploadFile.id);
  };

  beforeAll(async () => {
    service = await startService();
    // What is loaded once, and the buffers that are filled once, are no growth: V8 lets tens of MiB of used ones gather
    // before it collects them the first time.
    await uploadByUrl(48 * mebibyte, 1);
    await uploadByGraphql(48 * mebibyte, 2);
    for (const id of ids.splice(0)) await download(`${service.url}/files/${id}`);
  });

  it('grows by less than 64 MiB for an upload of 100 MiB by URL', async () => {
    const growth = await growthDuring(service.process.pid ?? 0, () => uploadByUrl(fileBytes, 3));
    expect(growth).toBeLessThan(mostGrowthBytes);
  });

  it('grows by less than 64 MiB for an upload of 100 MiB through GraphQL', async () => {
    const growth = await growthDuring(service.process.pid ?? 0, () => uploadByGraphql(fileBytes, 4));
    expect(growth).toBeLessThan(mostGrowthBytes);
  });

  it('grows by less than 64 MiB for a download of 100 MiB, by either', async () => {
    for (const id of ids) {
      let bytes = 0;
      const growth = await growthDuring(service.process.pid ?? 0, async () => {
        bytes = await download(`${service.url}/files/${id}`);
      });
      expect(bytes).toBe(fileBytes);
      expect(growth).toBeLessThan(mostGrowthBytes);
    }
    expect(ids).toHaveLength(2);
  });
});
