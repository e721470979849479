/** Files from third parties: what is stored of each answer, and that nothing is left of those that fail. */
import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { createOutbound } from '../src/outbound/outbound.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { fixture, sha256Of, stockOf } from './support/requests.ts';
import { openRawThirdParty, openThirdParty, type ThirdParty } from './support/third-party.ts';
import { codeOf, refusalOf } from './support/use-case-input.ts';

let store: TestGridhold;
let party: ThirdParty;
/** What the third party does next. */
let answer: RequestListener;

beforeAll(async () => {
  store = await openTestGridhold({ fetchAllow: ['127.0.0.0/8'], maxUploadBytes: 30_000_000 });
  party = await openThirdParty((request, response) => answer(request, response));
});

beforeEach(() => {
  party.asked.length = 0;
});

const text = 'what the third party has';
const says =
  (headers: Record<string, string | number>, body: string | Buffer = text, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);

async function contentOf(id: string): Promise<Buffer> {
  const { stream } = await store.gridhold.open(id);
  return Buffer.concat(await stream.toArray());
}

/** The refusal, and that it left nothing. */
async function failureOf(url: string, options: object = {}): Promise<{ code: string; message: string }> {
  const before = await stockOf(store.db);
  const refusal = await refusalOf(store.gridhold.storeFromUrl(url, options));
  if (!refusal) throw new Error(`${url} was stored`);
  await expect.poll(() => stockOf(store.db)).toEqual(before);
  return refusal;
}

describe('an answer', () => {
  it('is stored with its bytes, its type and its name, and asked for as it is', async () => {
    let headers = {};
    answer = (request, response) => {
      headers = request.headers;
      says({
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename*=UTF-8''na%C3%AFve%20list.csv`,
      })(request, response);
    };
    const file = await store.gridhold.storeFromUrl(new URL(`${party.url}/a/b?c=d#e`), {
      metadata: { from: 'afar' },
      attachTo: { document: { collection: 'posts', documentId: '1' } },
    });
    expect(file).toMatchObject({
      filename: 'naïve list.csv',
      contentType: 'text/csv;charset=utf-8',
      size: text.length,
      sha256: sha256Of(text),
      metadata: { from: 'afar' },
      refCount: 1,
    });
    expect((await contentOf(file.id)).toString()).toBe(text);
    expect(party.asked).toEqual(['GET /a/b?c=d']);
    expect(headers).toEqual({
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
      host: new URL(party.url).host,
      'user-agent': 'gridhold',
    });
  });

  it('passes through where it is large, with or without a length', async () => {
    const bytes = randomBytes(20_000_000);
    for (const headers of [{ 'Content-Length': bytes.length }, {}]) {
      answer = says(headers, bytes);
      expect(await store.gridhold.storeFromUrl(party.url)).toMatchObject({
        size: bytes.length,
        sha256: sha256Of(bytes),
      });
    }
  });

  it('may be empty, and may end with its connection where nothing else tells its end', async () => {
    answer = says({ 'Content-Length': 0 }, '');
    expect(await store.gridhold.storeFromUrl(party.url)).toMatchObject({ size: 0 });
    const old = await openRawThirdParty(`HTTP/1.0 200 OK\r\n\r\n${text}`);
    expect(await store.gridhold.storeFromUrl(old.url)).toMatchObject({ sha256: sha256Of(text) });
  });

  it.each([
    ['the input’s name', '/path.bin', 'attachment; filename="sent.bin"', 'mine.bin', 'mine.bin'],
    ['the one in Content-Disposition', '/path.bin', 'attachment; filename="sent.bin"', undefined, 'sent.bin'],
    ['only its last part', '/path.bin', 'attachment; filename="../../etc/passwd"', undefined, 'passwd'],
    [
      'its last part by backslashes',
      '/path.bin',
      String.raw`attachment; filename="C:\\a\\b.txt"`,
      undefined,
      'b.txt',
    ],
    ['the path’s', '/a/p%C3%A4th%20a.bin?x=/y', 'inline', undefined, 'päth a.bin'],
    ['the path’s as it is, where it is no UTF-8', '/%ff.bin', null, undefined, '%ff.bin'],
    ['the path’s last part, where it hides a slash', '/a%2Fb.bin', null, undefined, 'b.bin'],
    ['none, where the path has none', '/a/', null, undefined, null],
    ['none, where the header is broken', '/', 'attachment; filename=', undefined, null],
  ])('is named by %s', async (_, path, disposition, filename, expected) => {
    answer = says(disposition === null ? {} : { 'Content-Disposition': disposition });
    const file = await store.gridhold.storeFromUrl(`${party.url}${path}`, { filename });
    expect(file.filename).toBe(expected);
  });

  it('is of the type that its bytes show, else of the declared one', async () => {
    answer = says({ 'Content-Type': 'text/plain' }, fixture('picture.png'));
    expect((await store.gridhold.storeFromUrl(party.url)).contentType).toBe('image/png');
    const { code } = await failureOf(party.url, { contentTypes: ['text/*'] });
    expect(code).toBe('CONTENT_TYPE_NOT_ALLOWED');
    answer = says({ 'Content-Type': 'nonsense' });
    expect((await store.gridhold.storeFromUrl(party.url)).contentType).toBe('application/octet-stream');
  });

  it('is held to its limit to the byte, and to its hash', async () => {
    for (const headers of [{ 'Content-Length': text.length }, {}]) {
      answer = says(headers);
      expect(await codeOf(store.gridhold.storeFromUrl(party.url, { maxSize: text.length }))).toBe('OK');
      expect((await failureOf(party.url, { maxSize: text.length - 1 })).code).toBe('FILE_TOO_LARGE');
    }
    expect((await failureOf(party.url, { sha256: '0'.repeat(64) })).code).toBe('CHECKSUM_MISMATCH');
  });

  it('without an end is cut off at the limit', async () => {
    let isClosed = false;
    answer = (_request, response) => {
      const piece = Buffer.alloc(65_536);
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more).on('close', () => {
        isClosed = true;
      });
      more();
    };
    expect((await failureOf(party.url, { maxSize: 1_000_000 })).code).toBe('FILE_TOO_LARGE');
    await expect.poll(() => isClosed).toBe(true);
  });
});

describe('nothing is stored of', () => {
  it.each([204, 205, 206, 300, 304, 400, 401, 404, 429, 500, 503])(
    'a %i, and the status is told',
    async (status) => {
      answer = says({}, '', status);
      const { code, message } = await failureOf(party.url);
      expect([code, message]).toEqual(['FETCH_FAILED', expect.stringContaining(` answered ${status} `)]);
    },
  );

  it.each([
    [
      'a body that is shorter than its length',
      'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort',
      'broke its answer off',
    ],
    [
      'chunks without an end',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n',
      'broke its answer off',
    ],
    ['a head without an end', 'HTTP/1.1 200 OK\r\nContent-Le', 'broke the connection off'],
    ['no answer at all', '', 'broke the connection off'],
    ['what is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'does not speak HTTP/1.1'],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      'does not speak HTTP/1.1',
    ],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab', 'does not speak HTTP/1.1'],
    [
      'a head that is too large',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
      'head that is too large',
    ],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      'broke the connection off',
    ],
    [
      'packed chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      'Transfer-Encoding',
    ],
  ])('%s', async (_, raw, told) => {
    const { url } = await openRawThirdParty(raw);
    const { code, message } = await failureOf(url);
    expect([code, message]).toEqual(['FETCH_FAILED', expect.stringContaining(told)]);
  });

  it('packed bytes, which nobody asked for', async () => {
    answer = says({ 'Content-Encoding': 'gzip' }, gzipSync(text));
    expect((await failureOf(party.url)).message).toContain('Content-Encoding');
    answer = says({ 'Content-Encoding': 'identity' });
    expect(await codeOf(store.gridhold.storeFromUrl(party.url))).toBe('OK');
  });

  it('a port where nobody listens', async () => {
    const { code, message } = await failureOf('http://127.0.0.1:1/');
    expect([code, message]).toEqual(['FETCH_FAILED', '127.0.0.1:1 refuses the connection']);
  });

  it('more than the length that was told: the rest is another message', async () => {
    const { url } = await openRawThirdParty(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${text}`);
    expect(await store.gridhold.storeFromUrl(url)).toMatchObject({ size: 4, sha256: sha256Of('what') });
  });
});

describe('a redirect', () => {
  const chain: RequestListener = (request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end(text);
    else
      response
        .writeHead([301, 302, 303, 307, 308][left % 5] ?? 302, { Location: `/${left - 1}` })
        .end('gone');
  };

  it('is followed, of every kind, five times', async () => {
    answer = chain;
    const file = await store.gridhold.storeFromUrl(`${party.url}/5`);
    expect(file).toMatchObject({ sha256: sha256Of(text), filename: '0' });
    expect(party.asked).toHaveLength(6);
  });

  it('is not followed a sixth time', async () => {
    answer = chain;
    const { code, message } = await failureOf(`${party.url}/6`);
    expect([code, message]).toEqual(['FETCH_FAILED', expect.stringContaining('more than 5 times')]);
    expect(party.asked).toHaveLength(6);
  });

  it.each([
    ['without a target', {}, 'without saying where to'],
    ['to what is no URL', { Location: 'http://[/' }, 'no URL'],
  ])('%s fails', async (_, headers, told) => {
    answer = says(headers, '', 302);
    expect((await failureOf(party.url)).message).toContain(told);
  });
});

describe('a third party that keeps us waiting', () => {
  const { signal } = new AbortController();
  const patience = {
    fetchAllow: ['127.0.0.1'],
    fetchTimeoutMs: 60_000,
    silence: { transferMs: 30_000, answerMs: 30_000 },
  };
  const read = async (options: Partial<Parameters<typeof createOutbound>[0]>): Promise<string> => {
    const outbound = createOutbound({ ...patience, ...options });
    const refusal = await refusalOf(
      outbound.fetchFile(new URL(party.url), signal, async ({ bytes }) => {
        for await (const _ of bytes);
      }),
    );
    return refusal?.message.replace(/^\S+ /, '') ?? 'OK';
  };

  it('for its answer, for the rest of it, or for the whole of it, is left', async () => {
    // One bound at a time, so that no other can pass first where the machine is slow.
    const { silence } = patience;
    answer = () => undefined;
    expect(await read({ silence: { transferMs: 100, answerMs: 300 } })).toMatch(
      /^did not answer for [\d.]+ s$/,
    );
    answer = (_request, response) => response.write('x');
    expect(await read({ silence: { ...silence, transferMs: 100 } })).toMatch(/^sent nothing for [\d.]+ s$/);
    answer = (_request, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    expect(await read({ fetchTimeoutMs: 500 })).toBe('took longer than 0.5 s');
  });

  it('is waited for while it goes on, however slowly, and while we are the slow ones', async () => {
    // Far longer than the pauses between two bytes: the process itself may be held up.
    const silence = { transferMs: 2_500, answerMs: 30_000 };
    const longMs = 3_500;
    answer = (request, response) => {
      if (request.url === '/large') return says({}, Buffer.alloc(3_000_000))(request, response);
      response.write('x');
      const timer = setInterval(() => response.write('x'), 100);
      return setTimeout(() => {
        clearInterval(timer);
        response.end();
      }, longMs);
    };
    const slow = read({ silence });
    const outbound = createOutbound({ ...patience, silence });
    const taken = outbound.fetchFile(new URL('/large', party.url), signal, async ({ bytes }) => {
      let size = 0;
      for await (const piece of bytes) {
        if (size === 0) await new Promise((resolve) => setTimeout(resolve, longMs));
        size += piece.byteLength;
      }
      return size;
    });
    expect(await Promise.all([slow, taken])).toEqual(['OK', 3_000_000]);
  });

  it('before its connection stands is left, too', async () => {
    const silent = createOutbound({
      ...patience,
      connectMs: 100,
      lookUp: () => new Promise(() => undefined),
    });
    const refusal = await refusalOf(
      silent.fetchFile(new URL('http://silent.example/'), signal, async () => undefined),
    );
    expect(refusal).toMatchObject({
      code: 'FETCH_FAILED',
      message: 'silent.example did not answer for 0.1 s',
    });
  });
});

test('a signal ends it at once, tells its own reason, and leaves nothing', async () => {
  let isLeft = false;
  answer = (_request, response) => {
    response.on('close', () => {
      isLeft = true;
    });
    response.write(Buffer.alloc(600_000));
  };
  const before = await stockOf(store.db);
  const controller = new AbortController();
  const reason = new Error('The user thought better of it');
  const stored = store.gridhold.storeFromUrl(party.url, { signal: controller.signal });
  await expect.poll(() => store.db.collection('leases').countDocuments({ why: 'writing' })).toBe(1);
  controller.abort(reason);
  await expect(stored).rejects.toBe(reason);
  await expect.poll(() => isLeft).toBe(true);
  await expect.poll(() => stockOf(store.db)).toEqual(before);
  await expect(store.gridhold.storeFromUrl(party.url, { signal: controller.signal })).rejects.toBe(reason);
});

test('the settings limit the time for the whole, and leave nothing', async () => {
  const hasty = await store.another({ fetchTimeoutMs: 1_000 });
  const before = await stockOf(store.db);
  answer = (_request, response) => {
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(timer));
  };
  const refusal = await refusalOf(hasty.storeFromUrl(party.url));
  expect(refusal?.code).toBe('FETCH_FAILED');
  expect(refusal?.message).toContain('took longer than 1 s');
  await expect.poll(() => stockOf(store.db)).toEqual(before);
});

test('a known idempotency key gives its file without asking again, and holds for one URL and one input', async () => {
  answer = says({});
  const url = `${party.url}/key`;
  const first = await store.gridhold.storeFromUrl(url, { idempotencyKey: 'a-key' });
  answer = says({}, 'other bytes by now');
  expect((await store.gridhold.storeFromUrl(url, { idempotencyKey: 'a-key' })).id).toBe(first.id);
  expect(party.asked).toEqual(['GET /key']);
  for (const [other, input] of [
    [`${url}?other`, {}],
    [url, { filename: 'other' }],
  ] as const) {
    expect((await failureOf(other, { idempotencyKey: 'a-key', ...input })).code).toBe('IDEMPOTENCY_KEY_USED');
  }
  expect(party.asked).toHaveLength(1);
  await store.gridhold.delete({ id: first.id });
  expect((await store.gridhold.storeFromUrl(url, { idempotencyKey: 'a-key' })).sha256).toBe(
    sha256Of('other bytes by now'),
  );
});

test('bad input is refused before anybody is asked', async () => {
  answer = says({});
  for (const input of [{ filename: 'x'.repeat(1_025) }, { maxSize: -1 }, { contentTypes: ['nonsense'] }]) {
    expect((await failureOf(party.url, input)).code).toBe('BAD_USER_INPUT');
  }
  expect(party.asked).toEqual([]);
});
