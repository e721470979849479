/** The ways in which an upload fails. Each is one request on a connection of its own, and says how it was answered. */
import { setTimeout as delay } from 'node:timers/promises';
import { RawConnection } from '../../test/support/raw-connection.ts';
import { bytes, mebibyte } from '../support/byte-source.ts';
import { boundary, formEnd, formHead, graphqlHead, graphqlHeaders, uploadUrls } from '../support/requests.ts';

/** What came of it: the answer's status, or that there was none. */
type Outcome = number | 'no answer';

export interface Kind {
  readonly name: string;
  readonly expected: Outcome;
  /** A URL for each upload, where it goes to one. */
  readonly prepare: (service: string, count: number) => Promise<readonly string[]>;
  readonly upload: (url: string, index: number) => Promise<Outcome>;
}

const urlsWith =
  (input: string) =>
  (service: string, count: number): Promise<string[]> =>
    uploadUrls(service, count, input);
const anyUrls = urlsWith('');
const to =
  (path: string) =>
  async (service: string, count: number): Promise<string[]> =>
    Array.from({ length: count }, () => `${service}${path}`);

/** Mostly one full chunk and a bit; now and then enough for batches to be under way. */
const sentBytes = (index: number): number => (index % 20 === 0 ? 4 * mebibyte : 300_000);
const announcedBytes = 8 * mebibyte;
const formHeaders = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };

interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly parts?: (index: number) => readonly Uint8Array[];
  readonly end: (connection: RawConnection) => Promise<Outcome>;
}

function sending({ method = 'PUT', headers = {}, parts, end }: Sending): Kind['upload'] {
  return async (url, index) => {
    const connection = await RawConnection.open(url);
    connection.head(method, url, headers);
    for (const part of parts?.(index) ?? [bytes(sentBytes(index))]) connection.send(part);
    try {
      return await end(connection);
    } finally {
      connection.destroy();
    }
  };
}

async function answered(connection: RawConnection): Promise<Outcome> {
  return (await connection.answer()).status;
}

/** Once what was written has left, or has found nobody. */
async function flushed({ socket }: RawConnection): Promise<void> {
  const deadline = performance.now() + 2_000;
  while (socket.writableLength > 0 && !socket.destroyed && performance.now() < deadline) await delay(2);
}

async function cut(connection: RawConnection): Promise<Outcome> {
  await flushed(connection);
  connection.destroy();
  return 'no answer';
}

async function reset(connection: RawConnection): Promise<Outcome> {
  await flushed(connection);
  connection.socket.resetAndDestroy();
  return 'no answer';
}

async function halfClosed(connection: RawConnection): Promise<Outcome> {
  connection.end();
  return await answered(connection);
}

const announced = { 'Content-Length': announcedBytes };
const wrongDigest = { 'Content-Digest': `sha-256=:${Buffer.alloc(32).toString('base64')}:` };
const small = (): readonly Uint8Array[] => [bytes(300_000)];

export const kinds: readonly Kind[] = [
  {
    name: 'cut in the body',
    expected: 'no answer',
    prepare: anyUrls,
    upload: sending({ headers: announced, end: cut }),
  },
  {
    name: 'reset in the body',
    expected: 'no answer',
    prepare: anyUrls,
    upload: sending({ headers: announced, end: reset }),
  },
  {
    name: 'cut before the body',
    expected: 'no answer',
    prepare: anyUrls,
    upload: sending({ headers: announced, parts: () => [], end: cut }),
  },
  {
    name: 'short, half-closed',
    expected: 400,
    prepare: anyUrls,
    upload: sending({ headers: announced, end: halfClosed }),
  },
  {
    name: 'POST /files, cut',
    expected: 'no answer',
    prepare: to('/files'),
    upload: sending({ method: 'POST', headers: announced, end: cut }),
  },
  {
    name: 'wrong digest',
    expected: 422,
    prepare: anyUrls,
    upload: sending({ headers: { 'Content-Length': 300_000, ...wrongDigest }, parts: small, end: answered }),
  },
  {
    name: 'too large, announced',
    expected: 413,
    prepare: urlsWith('maxSize: 1000'),
    upload: sending({ headers: { 'Content-Length': 300_000 }, parts: small, end: answered }),
  },
  {
    name: 'too large, chunked',
    expected: 413,
    prepare: urlsWith('maxSize: 280000'),
    upload: sending({
      headers: { 'Transfer-Encoding': 'chunked' },
      parts: () => [
        Buffer.from(`${(300_000).toString(16)}\r\n`),
        bytes(300_000),
        Buffer.from('\r\n0\r\n\r\n'),
      ],
      end: answered,
    }),
  },
  {
    name: 'wrong type',
    expected: 415,
    prepare: urlsWith('contentTypes: ["image/png"]'),
    upload: sending({
      headers: { 'Content-Length': 300_000, 'Content-Type': 'image/png' },
      parts: small,
      end: answered,
    }),
  },
  {
    name: 'form, cut',
    expected: 'no answer',
    prepare: anyUrls,
    upload: sending({
      method: 'POST',
      headers: { ...announced, ...formHeaders },
      parts: (index) => [formHead, bytes(sentBytes(index))],
      end: cut,
    }),
  },
  {
    name: 'GraphQL multipart, cut',
    expected: 'no answer',
    prepare: to('/graphql'),
    upload: sending({
      method: 'POST',
      headers: { ...announced, ...graphqlHeaders },
      parts: (index) => [graphqlHead, bytes(sentBytes(index))],
      end: cut,
    }),
  },
  {
    name: 'GraphQL multipart, ended early',
    // An error of GraphQL's, in an answer of its own.
    expected: 200,
    prepare: to('/graphql'),
    upload: sending({
      method: 'POST',
      headers: { ...graphqlHeaders, 'Content-Length': graphqlHead.byteLength + 300_000 },
      parts: () => [graphqlHead, bytes(300_000)],
      end: answered,
    }),
  },
  {
    name: 'expired URL',
    expected: 410,
    prepare: async (service, count) => {
      const urls = await uploadUrls(service, count, 'expiresIn: 1');
      await delay(1_100);
      return urls;
    },
    upload: sending({ headers: { 'Content-Length': 300_000 }, parts: small, end: answered }),
  },
  {
    name: 'refused, answer not read',
    expected: 'no answer',
    prepare: anyUrls,
    upload: sending({
      headers: { 'Content-Length': 300_000 + formEnd.byteLength, ...wrongDigest },
      parts: () => [bytes(300_000), formEnd],
      end: cut,
    }),
  },
];
