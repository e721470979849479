/** Images through the chat's own route: ranges, preconditions, the app's headers, and nothing but the chat's images. */
import { beforeAll, describe, expect, it } from 'vitest';
import { askAsPage, holdersIn, problemOfChat, type RemoteChat, startChat } from '../support/chat-urql.ts';
import { digestOf, fixture, sha256Of } from '../support/requests.ts';

const photo = new Uint8Array(fixture('photo.jpg'));
let chat: RemoteChat;
beforeAll(async () => {
  chat = await startChat();
});

const problem = (response: Response): Promise<Record<string, unknown>> => problemOfChat(chat, response);
const ask = (path: string, init?: RequestInit): Promise<Response> => askAsPage(chat, path, init);

describe('A sent image', () => {
  let address: string;
  let messageId: string;
  beforeAll(async () => {
    const response = await chat.sendImage(photo, 'image/jpeg', 'Ann');
    expect(response.status).toBe(201);
    const answer: Record<string, string> = await response.json();
    const [message] = await chat.messages();
    address = message?.image?.url ?? '';
    messageId = message?.id ?? '';
    expect(message).toMatchObject({ author: 'Ann', body: null });
    expect(answer).toMatchObject({
      storageId: message?.image?.storageId,
      messageId,
      url: address,
      sha256: sha256Of(photo),
    });
    expect(response.headers.get('location')).toBe(address);
  });

  it('is held by its message', async () => {
    expect(await holdersIn(chat)).toEqual([messageId]);
  });

  it('is served by the app with the app’s headers', async () => {
    const response = await fetch(address, { headers: { origin: chat.example.url } });
    expect(response.status).toBe(200);
    expect(sha256Of(new Uint8Array(await response.arrayBuffer()))).toBe(sha256Of(photo));
    const { headers } = response;
    expect(headers.get('cache-control')).toBe('private, max-age=300');
    expect(headers.get('access-control-allow-origin')).toBe(chat.example.url);
    expect(headers.get('vary')).toBe('Origin');
    expect(headers.get('content-type')).toBe('image/jpeg');
    expect(headers.get('content-length')).toBe(String(photo.byteLength));
    expect(headers.get('repr-digest')).toBe(digestOf(photo));
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('is served in parts, and not again where nothing has changed', async () => {
    const part = await fetch(address, { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${photo.byteLength}`);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(photo.slice(10, 20));

    const etag = part.headers.get('etag') ?? '';
    const again = await fetch(address, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    const beyond = await fetch(address, { headers: { range: 'bytes=99999999-' } });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('cache-control')).toBe('no-store');

    const head = await fetch(address, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(photo.byteLength));
    expect(await head.text()).toBe('');
  });

  it('is all that is served: the app is no way to other files', async () => {
    const { storageId } = await (
      await fetch(`${chat.gridhold.url}/files`, {
        method: 'POST',
        body: new Uint8Array(fixture('picture.png')),
      })
    ).json();
    for (const id of [storageId, '', 'file_nothing', '../graphql', 'x'.repeat(5_000)]) {
      const response = await ask(`/getImage?storageId=${encodeURIComponent(id)}`);
      expect(await problem(response)).toMatchObject({ status: 404, code: 'FILE_NOT_FOUND' });
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('that was deleted under its message is a 404 in words', async () => {
    const response = await chat.sendImage(fixture('picture.png'), 'image/png');
    const { storageId, url } = await response.json();
    await chat.gridhold.graphql('mutation ($id: ID!) { deleteFile(id: $id, force: true) { deleted } }', {
      id: storageId,
    });
    expect(await problem(await fetch(url, { headers: { origin: chat.example.url } }))).toMatchObject({
      status: 404,
      code: 'FILE_NOT_FOUND',
    });
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404);
  });

  it('is let go of by its message, however often that is deleted', async () => {
    const remove = () => chat.graphql('mutation ($id: ID!) { deleteMessage(id: $id) }', { id: messageId });
    expect(await remove()).toEqual({ data: { deleteMessage: true } });
    expect(await remove()).toEqual({ data: { deleteMessage: false } });
    expect(await holdersIn(chat)).not.toContain(messageId);
    expect((await fetch(address)).status).toBe(404);
  });
});
