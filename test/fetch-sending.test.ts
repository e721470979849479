/** Files to third parties: what arrives there, what redirects may do with it, and what is told of those that fail. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { LibraryFile } from '../src/gridhold.ts';
import { createOutbound } from '../src/outbound/outbound.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { digestOf, sha256Of } from './support/requests.ts';
import { bodyOf, openRawThirdParty, openThirdParty, type ThirdParty } from './support/third-party.ts';
import { codeOf, refusalOf } from './support/use-case-input.ts';

interface Received {
  readonly request: string;
  readonly headers: IncomingHttpHeaders;
  readonly sha256: string;
}

let store: TestGridhold;
let party: ThirdParty;
/** Another origin: the same machine by another address. */
let other: ThirdParty;
let answer: RequestListener;
const received: Received[] = [];
let file: LibraryFile;
const large = randomBytes(20_000_000);

const taking: RequestListener = async (request, response) => {
  const { method, url, headers } = request;
  try {
    received.push({ request: `${method} ${url}`, headers, sha256: sha256Of(await bodyOf(request)) });
    response.writeHead(201).end('thank you');
  } catch {
    // Broken off: nothing was received.
  }
};

beforeAll(async () => {
  store = await openTestGridhold({ fetchAllow: ['127.0.0.0/8'], chunkDelayMs: 0 });
  party = await openThirdParty((request, response) => answer(request, response));
  other = await openThirdParty((request, response) => answer(request, response), '127.0.0.3');
  file = await store.gridhold.store(Buffer.from('the bytes'), { contentType: 'text/plain' });
});

beforeEach(() => {
  answer = taking;
  received.length = 0;
});

describe('a file that is sent', () => {
  it('arrives with its bytes, length, type and hash, by PUT', async () => {
    expect(await store.gridhold.send(file.id, { url: `${party.url}/in?to=x#y` })).toEqual({ status: 201 });
    expect(received).toEqual([
      {
        request: 'PUT /in?to=x',
        sha256: file.sha256,
        headers: {
          host: new URL(party.url).host,
          connection: 'close',
          'content-digest': digestOf('the bytes'),
          'content-length': '9',
          'content-type': 'text/plain',
          'user-agent': 'gridhold',
        },
      },
    ]);
  });

  it('arrives by the method and with the headers that the caller gives, whose type counts', async () => {
    for (const method of ['PUT', 'POST', 'PATCH']) {
      const headers = { Authorization: 'Bearer abc', 'content-type': 'image/png', 'X-Own': 'ä' };
      expect(await store.gridhold.send(file.id, { url: party.url, method, headers })).toEqual({
        status: 201,
      });
      expect(received.at(-1)).toMatchObject({
        request: `${method} /`,
        headers: { authorization: 'Bearer abc', 'content-type': 'image/png', 'x-own': 'ä' },
      });
    }
  });

  it('arrives whole where it is large or empty', async () => {
    for (const bytes of [large, Buffer.alloc(0)]) {
      const { id, sha256 } = await store.gridhold.store(bytes);
      expect(await store.gridhold.send(id, { url: party.url })).toEqual({ status: 201 });
      expect(received.at(-1)).toMatchObject({ sha256, headers: { 'content-length': String(bytes.length) } });
    }
  });

  it('is not sent at all where its third party refuses at the head of it', async () => {
    const { id } = await store.gridhold.store(large);
    const raw = await openRawThirdParty('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    const refusal = await refusalOf(store.gridhold.send(id, { url: raw.url }));
    expect(refusal?.message).toContain('answered 403 Forbidden');
  });
});

test.each([
  [{ method: 'GET' }, 'method: '],
  [{ method: 'put' }, 'method: '],
  [{ method: 'PUT / HTTP/1.1\r\nX: y' }, 'method: '],
  [{ headers: { Host: 'inside' } }, 'headers: Host can not be set'],
  [{ headers: { 'content-LENGTH': '1' } }, 'headers: content-LENGTH can not be set'],
  [{ headers: { 'Transfer-Encoding': 'chunked' } }, 'Transfer-Encoding'],
  [{ headers: { Connection: 'Authorization' } }, 'Connection'],
  [{ headers: { Upgrade: 'h2c' } }, 'Upgrade'],
  [{ headers: { 'Proxy-Authorization': 'x' } }, 'Proxy-Authorization'],
  [{ headers: { Expect: '100-continue' } }, 'Expect'],
  [{ headers: { 'X-A': 'secret\r\nX-B: c' } }, 'X-A holds a character'],
  [{ headers: { 'X-A': 'secret\nb' } }, 'X-A holds a character'],
  [{ headers: { 'X-A': 'secret\0' } }, 'X-A holds a character'],
  [{ headers: { 'X-A': 'secret ☀' } }, 'X-A holds a character'],
  [{ headers: { 'X A': 'secret' } }, 'is no name'],
  [{ headers: { 'X-A: b\r\nX-B': 'secret' } }, 'is no name'],
  [{ headers: { '': 'secret' } }, 'is no name'],
  [{ headers: { 'X-A': 'secret', 'x-a': 'secret' } }, 'there twice'],
  [{ headers: { 'X-A': 7 } }, 'X-A must be a string'],
  [{ headers: { 'X-A': ['secret'] } }, 'X-A must be a string'],
  [{ headers: new Headers({ 'X-A': 'secret' }) }, 'plain object'],
  [{ headers: { 'X-A': 'secret'.repeat(5_000) } }, 'at most 16384 characters'],
  [{ headers: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`X-${n}`, ''])) }, 'at most 64'],
])('%j is refused before anybody is asked, and no value is told', async (wrong, told) => {
  const refusal = await refusalOf(store.gridhold.send(file.id, { url: party.url, ...(wrong as object) }));
  expect([refusal?.code, refusal?.message]).toEqual(['BAD_USER_INPUT', expect.stringContaining(told)]);
  expect(refusal?.message).not.toContain('secret');
  expect(received).toEqual([]);
});

test('a file that there is not is not sent', async () => {
  for (const id of ['file_00000000000000000000000000', 'nonsense'])
    expect(await codeOf(store.gridhold.send(id, { url: party.url }))).toBe('FILE_NOT_FOUND');
  expect(received).toEqual([]);
});

describe('a redirect of a sent file', () => {
  const headers = {
    Authorization: 'Bearer abc',
    Cookie: 'a=b',
    'X-Api-Key': 'def',
    'Content-Type': 'image/png',
  };
  /** By path: where to, and the status before the slash. */
  const redirecting: RequestListener = (request, response) => {
    const [, status = '', ...rest] = request.url?.split('/') ?? [];
    if (status === 'in') return taking(request, response);
    request.resume();
    return response.writeHead(Number(status), { Location: decodeURIComponent(rest.join('/')) }).end();
  };

  it.each([307, 308])(
    '%i takes the bytes once more, and the headers where the origin is the same',
    async (status) => {
      answer = redirecting;
      const { id, sha256 } = await store.gridhold.store(large.subarray(0, 3_000_000));
      const url = `${party.url}/${status}/%2Fin`;
      expect(await store.gridhold.send(id, { url, headers, method: 'POST' })).toEqual({ status: 201 });
      expect(received).toMatchObject([
        {
          request: 'POST /in',
          sha256,
          headers: { authorization: 'Bearer abc', cookie: 'a=b', 'x-api-key': 'def' },
        },
      ]);
    },
  );

  it('tells another origin none of the caller’s headers', async () => {
    answer = redirecting;
    const url = `${party.url}/307/${encodeURIComponent(`${other.url}/in`)}`;
    expect(await store.gridhold.send(file.id, { url, headers })).toEqual({ status: 201 });
    const [there] = received;
    expect(there).toMatchObject({ sha256: file.sha256, headers: { 'content-type': 'text/plain' } });
    expect(JSON.stringify(there?.headers)).not.toMatch(/abc|a=b|def/);
  });

  it('nor the first one, once another had a say', async () => {
    answer = redirecting;
    const back = encodeURIComponent(`${party.url}/in`);
    const url = `${party.url}/307/${encodeURIComponent(`${other.url}/307/${back}`)}`;
    expect(await store.gridhold.send(file.id, { url, headers })).toEqual({ status: 201 });
    expect(received[0]?.headers.host).toBe(new URL(party.url).host);
    expect(JSON.stringify(received[0]?.headers)).not.toMatch(/abc|a=b|def/);
  });

  it.each([301, 302, 303])('%i, which may send nothing, is not followed', async (status) => {
    answer = redirecting;
    const refusal = await refusalOf(store.gridhold.send(file.id, { url: `${party.url}/${status}/%2Fin` }));
    expect(refusal?.code).toBe('FETCH_FAILED');
    expect(refusal?.message).toMatch(new RegExp(`answered ${status} .*, a redirect that is not followed`));
    expect(received).toEqual([]);
  });

  it('is followed five times, and not a sixth', async () => {
    answer = (request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) return taking(request, response);
      request.resume();
      return response.writeHead(308, { Location: `/${left - 1}` }).end();
    };
    expect(await codeOf(store.gridhold.send(file.id, { url: `${party.url}/5` }))).toBe('OK');
    expect(await codeOf(store.gridhold.send(file.id, { url: `${party.url}/6` }))).toBe('FETCH_FAILED');
    expect(received).toHaveLength(1);
  });
});

describe('a third party', () => {
  it.each([300, 304, 400, 401, 403, 404, 409, 413, 500, 503])(
    'that answers %i has failed',
    async (status) => {
      answer = (request, response) => {
        request.resume();
        response.writeHead(status).end('a reason that may hold secrets');
      };
      const refusal = await refusalOf(store.gridhold.send(file.id, { url: party.url }));
      expect([refusal?.code, refusal?.message]).toEqual([
        'FETCH_FAILED',
        expect.stringContaining(` answered ${status} `),
      ]);
      expect(refusal?.message).not.toContain('secrets');
    },
  );

  it('that is content before it has the file, or leaves, has failed', async () => {
    const { id } = await store.gridhold.store(large);
    answer = (_request, response) => {
      response.writeHead(200, { Connection: 'close' }).end();
    };
    const early = await refusalOf(store.gridhold.send(id, { url: party.url }));
    expect([early?.code, early?.message]).toEqual(['FETCH_FAILED', expect.stringContaining('did not take')]);
    answer = (request) => request.once('data', () => request.destroy());
    expect(await codeOf(store.gridhold.send(id, { url: party.url }))).toBe('FETCH_FAILED');
    const { url } = await openRawThirdParty('');
    expect(await codeOf(store.gridhold.send(file.id, { url }))).toBe('FETCH_FAILED');
  });

  it('that says more than anybody wants to know is cut short, and has the file', async () => {
    answer = async (request, response) => {
      await bodyOf(request);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    };
    expect(await store.gridhold.send(file.id, { url: party.url })).toEqual({ status: 200 });
  });

  it('that takes nothing, or does not answer, is left', async () => {
    const outbound = createOutbound({
      fetchAllow: ['127.0.0.1'],
      fetchTimeoutMs: 60_000,
      silence: { transferMs: 500, answerMs: 1_500 },
    });
    const send = async (bytes: Buffer, piecesAfterMs = 0): Promise<string> => {
      async function* open(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, 5);
        await new Promise((resolve) => setTimeout(resolve, piecesAfterMs));
        yield bytes.subarray(5);
      }
      const body = { length: bytes.length, open };
      const sent = { method: 'PUT', headers: {}, fileHeaders: {}, body };
      const refusal = await refusalOf(
        outbound.sendFile(new URL(party.url), sent, new AbortController().signal),
      );
      return refusal?.message.replace(/^\S+ /, '') ?? 'OK';
    };
    answer = () => undefined;
    expect(await send(large)).toMatch(/^took nothing for \d(\.\d)? s$/);
    expect(await send(Buffer.from('a few bytes'))).toMatch(/^did not answer for \d(\.\d)? s$/);
    answer = taking;
    // Here we are the slow ones.
    expect(await send(Buffer.from('a few bytes'), 1_800)).toBe('OK');
  });
});

test('a file that is deleted while it goes out breaks off there, and is told as not found', async () => {
  const { id } = await store.gridhold.store(randomBytes(30_000_000));
  let end = 'nothing';
  answer = async (request) => {
    await new Promise((resolve) => request.once('readable', resolve));
    await store.gridhold.delete({ id });
    await store.gridhold.sweep();
    end = await bodyOf(request).then(
      () => 'whole',
      () => 'broken',
    );
  };
  expect(await codeOf(store.gridhold.send(id, { url: party.url }))).toBe('FILE_NOT_FOUND');
  await expect.poll(() => end).toBe('broken');
});

test('a signal ends it at once, and tells its own reason', async () => {
  const { id } = await store.gridhold.store(large);
  const controller = new AbortController();
  const reason = new Error('The user thought better of it');
  let isLeft = false;
  answer = (request) => {
    request.on('close', () => {
      isLeft = true;
    });
    controller.abort(reason);
  };
  const sent = store.gridhold.send(id, { url: party.url, signal: controller.signal });
  await expect(sent).rejects.toBe(reason);
  await expect.poll(() => isLeft).toBe(true);
});
