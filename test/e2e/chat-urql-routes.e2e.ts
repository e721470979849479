/** The chat's own routes, as browsers and strangers speak to them: CORS, refusals, and images with the app's headers. */

import { beforeAll, describe, expect, it } from 'vitest';
import { askAsPage, problemOfChat, type RemoteChat, startChat } from '../support/chat-urql.ts';
import { eventually } from '../support/eventually.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { fixture, stockOf } from '../support/requests.ts';

const photo = new Uint8Array(fixture('photo.jpg'));
const foreign = 'http://elsewhere.example';
const nothing = { files: 0, attachments: 0, 'blobs.files': 0, 'blobs.chunks': 0, leases: 0 };
let chat: RemoteChat;
beforeAll(async () => {
  chat = await startChat();
});

/** Everything in Gridhold, the addresses that it has given out included. */
async function everything(): Promise<Record<string, number>> {
  const uploadUrls = await chat.store.collection('uploadUrls').countDocuments();
  return { ...(await stockOf(chat.store)), uploadUrls };
}

const problem = (response: Response): Promise<Record<string, unknown>> => problemOfChat(chat, response);
const ask = (path: string, init?: RequestInit): Promise<Response> => askAsPage(chat, path, init);

describe('A page of another origin', () => {
  it('is told by a preflight that it may send images, for a day', async () => {
    const { status, headers } = await ask('/sendImage?author=Ann', {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    });
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(chat.example.url);
    expect(headers.get('access-control-allow-methods')).toContain('POST');
    expect(headers.get('access-control-allow-headers')?.toLowerCase()).toContain('content-type');
    expect(headers.get('access-control-max-age')).toBe('86400');
    expect(headers.get('vary')).toBe('Origin');
  });

  it('that is not the chat’s gets no permission', async () => {
    for (const path of ['/sendImage?author=Ann', '/graphql']) {
      const { headers } = await ask(path, {
        method: 'OPTIONS',
        headers: { origin: foreign, 'access-control-request-method': 'POST' },
      });
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('access-control-allow-methods')).toBeNull();
      expect(headers.get('vary')).toBe('Origin');
    }
  });

  it('that is not the chat’s is refused also where browsers do not ask first', async () => {
    const before = await everything();
    const image = await ask('/sendImage?author=Ann', {
      method: 'POST',
      headers: { origin: foreign, 'content-type': 'text/plain' },
      body: photo,
    });
    const text = await ask('/graphql', {
      method: 'POST',
      headers: { origin: foreign, 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'mutation { sendMessage(body: "x", author: "x") { id } }' }),
    });
    for (const response of [image, text]) {
      expect(response.status).toBe(403);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(await everything()).toEqual(before);
    expect(await chat.messages()).toEqual([]);
  });

  it('sees errors of every kind', async () => {
    expect(await problem(await ask('/nowhere'))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    const put = await ask('/sendImage?author=Ann', { method: 'PUT', body: photo });
    expect(put.headers.get('allow')).toBe('POST, OPTIONS');
    expect(await problem(put)).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(await problem(await ask('/getImage'))).toMatchObject({ status: 404, code: 'FILE_NOT_FOUND' });
    expect(await problem(await ask('//'))).toMatchObject({ status: 404 });
  });
});

describe('An image', () => {
  it('of nobody is refused before anything is stored or a byte is read', async () => {
    const before = await everything();
    for (const author of ['', '?author=', '?author=%20%20', `?author=${'x'.repeat(51)}`]) {
      const connection = await RawConnection.open(chat.api);
      // The body that is announced never comes: an answer shows that nobody waited for it.
      connection.head('POST', `${chat.api}/sendImage${author}`, {
        Origin: chat.example.url,
        'Content-Type': 'image/jpeg',
        'Content-Length': 5_000_000,
      });
      const { status, headers, body } = await connection.answer();
      expect(status).toBe(400);
      expect(headers.get('access-control-allow-origin')).toBe(chat.example.url);
      expect(JSON.parse(body.toString())).toMatchObject({
        code: 'BAD_USER_INPUT',
        detail: expect.stringContaining('author'),
      });
      connection.destroy();
    }
    expect(await everything()).toEqual(before);
    expect(await chat.messages()).toEqual([]);
  });

  it('that is none, or too large, is refused with what is allowed, and leaves nothing held', async () => {
    const pdf = await chat.sendImage(fixture('page.pdf'), 'image/png');
    expect(await problem(pdf)).toMatchObject({
      status: 415,
      code: 'CONTENT_TYPE_NOT_ALLOWED',
      declared: 'image/png',
      detected: 'application/pdf',
      allowed: ['image/*'],
    });
    const large = await chat.sendImage(Buffer.concat([photo, Buffer.alloc(10_000_000)]));
    expect(await problem(large)).toMatchObject({ status: 413, code: 'FILE_TOO_LARGE', maxSize: 10_000_000 });
    // Where no length is announced, it shows on the way.
    const streamed = await ask('/sendImage?author=Ann', {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Blob([photo, new Uint8Array(10_000_000)]).stream(),
      ...({ duplex: 'half' } as object),
    });
    expect(await problem(streamed)).toMatchObject({ status: 413, code: 'FILE_TOO_LARGE' });
    const stock = await stockOf(chat.store);
    expect(stock).toMatchObject({ files: 0, attachments: 0, 'blobs.files': 0 });
    expect(await chat.messages()).toEqual([]);
  });

  it('whose sender breaks off leaves nothing', async () => {
    // What was refused before is cleaned up when nobody waits for it any more.
    await eventually(() => stockOf(chat.store)).toEqual(nothing);
    const connection = await RawConnection.open(chat.api);
    connection
      .head('POST', `${chat.api}/sendImage?author=Ann`, {
        'Content-Type': 'image/jpeg',
        'Content-Length': photo.byteLength,
      })
      .send(photo.subarray(0, -1));
    // It has come as far as Gridhold.
    await eventually(() => chat.store.collection('leases').countDocuments()).toBe(1);
    connection.destroy();
    await eventually(() => stockOf(chat.store)).toEqual(nothing);
    expect(await chat.messages()).toEqual([]);
  });
});
