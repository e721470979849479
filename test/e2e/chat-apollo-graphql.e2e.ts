/** The server of chat-apollo without its page: what it refuses, what it costs MongoDB, and what it does not show. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createGridhold } from '../../src/gridhold.ts';
import { type ChatCalls, chatCalls, newPng } from '../support/chat-apollo-calls.ts';
import { type Example, startExample } from '../support/example.ts';

const picture = readFileSync(new URL('../fixtures/picture.png', import.meta.url));
const mongo = new MongoClient(inject('mongodbUri'));

let example: Example;
let calls: ChatCalls;
let db: Db;
beforeAll(async () => {
  example = await startExample('chat-apollo');
  calls = chatCalls(example.url);
  db = mongo.db(example.database);
});
afterAll(() => mongo.close());

const sendMessage = (body: string, author: string) =>
  calls.ask('mutation ($b: String!, $a: String!) { sendMessage(body: $b, author: $a) { id body author } }', {
    b: body,
    a: author,
  });
const held = (fileId: string) => db.collection('attachments').countDocuments({ fileId });
const shown = (imageId: string) => db.collection('messages').countDocuments({ imageId });

it.each([
  ['an empty text', '', 'User 1', 'the message is empty'],
  ['a text of spaces', ' \n\t ', 'User 1', 'the message is empty'],
  ['a text that is too long', 'x'.repeat(2_001), 'User 1', 'up to 2,000 characters, not 2,001'],
  ['no author', 'Hello', '', 'the author is empty'],
  ['an author who is too long', 'Hello', 'x'.repeat(51), 'up to 50 characters, not 51'],
])('%s is refused in words, with a code', async (_name, body, author, words) => {
  const { data, errors } = await sendMessage(body, author);
  expect(data).toBeNull();
  expect(errors).toEqual([
    expect.objectContaining({
      message: expect.stringContaining(words),
      extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    }),
  ]);
});

it('The longest text and author are taken as they are', async () => {
  const { data } = await sendMessage('x'.repeat(2_000), 'y'.repeat(50));
  expect(data).toMatchObject({ sendMessage: { body: 'x'.repeat(2_000), author: 'y'.repeat(50) } });
});

it('Characters are counted as people do, and what is around a text or a name is left out', async () => {
  const { data } = await sendMessage(` ${'🌊'.repeat(2_000)}\n`, ` ${'🌊'.repeat(50)} `);
  expect(data).toMatchObject({ sendMessage: { body: '🌊'.repeat(2_000), author: '🌊'.repeat(50) } });
});

it('messages gives the newest, oldest first, and at most a hundred', async () => {
  for (const body of ['one', 'two', 'three']) await sendMessage(body, 'User 1');
  const { data } = await calls.ask('{ messages(last: 2) { body image { id } } }');
  expect(data).toEqual({
    messages: [
      { body: 'two', image: null },
      { body: 'three', image: null },
    ],
  });
  for (const last of [0, -1, 101]) {
    expect(await calls.codeOf(calls.ask(`{ messages(last: ${last}) { id } }`))).toBe('BAD_USER_INPUT');
  }
});

it.each(['file_01m82xc4z1e9rsrwxg822c814z', 'nonsense', ''])(
  'The storage ID %j that names nothing is refused as FILE_NOT_FOUND, and leaves no message',
  async (storageId) => {
    const { errors } = await calls.sendImage(storageId);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FILE_NOT_FOUND', fileIds: [storageId] });
    expect(await shown(storageId)).toBe(0);
  },
);

it('A stored file that is no image is refused with its type and what is allowed', async () => {
  const gridhold = await createGridhold({
    client: mongo,
    database: example.database,
    sweepIntervalMs: 'off',
  });
  const { id } = await gridhold.store(Buffer.from('words'), { contentType: 'text/plain' });
  const { errors } = await calls.sendImage(id);
  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'CONTENT_TYPE_NOT_ALLOWED',
    detected: 'text/plain',
    allowed: ['image/*'],
  });
  expect([await shown(id), await held(id)]).toEqual([0, 0]);
});

it('An upload URL of the chat takes images of up to 10 MB, and nothing else', async () => {
  const post = async (body: Uint8Array<ArrayBuffer>): Promise<unknown> => {
    const { data } = await calls.ask('mutation { generateUploadUrl }');
    const url = String(data?.['generateUploadUrl']);
    return await (
      await fetch(url, { method: 'POST', body, headers: { 'content-type': 'image/png' } })
    ).json();
  };
  const page = new Uint8Array(readFileSync(new URL('../fixtures/page.pdf', import.meta.url)));
  expect(await post(page)).toMatchObject({
    code: 'CONTENT_TYPE_NOT_ALLOWED',
    detected: 'application/pdf',
    allowed: ['image/*'],
  });
  const image = new Uint8Array(10_000_001);
  image.set(picture);
  expect(await post(image)).toMatchObject({ code: 'FILE_TOO_LARGE', maxSize: 10_000_000 });
  expect(await post(image.subarray(0, 10_000_000))).toMatchObject({ contentType: 'image/png' });
});

it('An image that is sent again is the same message, also by many at once', async () => {
  const storageId = await calls.upload(newPng(picture, 'again'));
  const answers = await Promise.all(Array.from({ length: 5 }, () => calls.sendImage(storageId)));
  const [first] = answers;
  expect(first?.data).toEqual({ sendImage: { id: expect.stringMatching(/^[\da-f]{24}$/) } });
  for (const answer of answers) expect(answer).toEqual(first);
  expect([await shown(storageId), await held(storageId)]).toEqual([1, 1]);
});

it('Deleting a message lets its image go, and may be repeated', async () => {
  const storageId = await calls.upload(newPng(picture, 'deleted'));
  const { data } = await calls.sendImage(storageId);
  const { id = '' } = data?.sendImage ?? {};
  const remove = () => calls.ask('mutation ($id: ID!) { deleteMessage(id: $id) }', { id });
  expect(await remove()).toEqual({ data: { deleteMessage: true } });
  expect([await shown(storageId), await held(storageId)]).toEqual([0, 0]);
  expect(await remove()).toEqual({ data: { deleteMessage: false } });
  expect(await calls.ask('mutation { deleteMessage(id: "nobody") }')).toEqual({
    data: { deleteMessage: false },
  });
});

it('A text has no image, and an image whose file is gone has one without a URL', async () => {
  const storageId = await calls.upload(newPng(picture, 'gone'));
  await calls.sendImage(storageId);
  const newest = () => calls.ask('{ messages(last: 1) { body image { id url } } }');
  const url = `${example.url}/files-api/files/${storageId}`;
  expect((await newest()).data).toEqual({ messages: [{ body: null, image: { id: storageId, url } }] });
  expect((await fetch(url)).headers.get('content-type')).toBe('image/png');
  const gridhold = await createGridhold({
    client: mongo,
    database: example.database,
    sweepIntervalMs: 'off',
  });
  await gridhold.delete({ id: storageId, force: true });
  expect((await newest()).data).toEqual({ messages: [{ body: null, image: { id: storageId, url: null } }] });
});

it('The URLs of twenty images cost one look-up, as that of one does', async () => {
  for (let index = 0; index < 20; index++) {
    await calls.sendImage(await calls.upload(newPng(picture, `one of many ${index}`)));
  }
  const finds = async (last: number): Promise<readonly unknown[]> => {
    await db.command({ profile: 2 });
    const { data } = await calls.ask(`{ messages(last: ${last}) { image { url } } }`);
    await db.command({ profile: 0 });
    expect(data).toMatchObject({ messages: { length: last } });
    // The sweep looks for other things.
    const commands = await db
      .collection('system.profile')
      .find({
        'command.find': { $in: ['messages', 'files'] },
        'command.filter.unreferencedSince': { $exists: false },
      })
      .toArray();
    await db.collection('system.profile').drop();
    return commands.map(({ command }) => command.find).sort();
  };
  expect(await finds(20)).toEqual(['files', 'messages']);
  expect(await finds(1)).toEqual(['files', 'messages']);
});

it('A fault shows that there was one, and no more', async () => {
  await db.command({ collMod: 'messages', validator: { body: { $ne: 'what the database refuses' } } });
  const { data, errors } = await sendMessage('what the database refuses', 'User 1');
  expect(data).toBeNull();
  expect(errors).toEqual([
    expect.objectContaining({
      message: 'Something failed that should not have',
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    }),
  ]);
  expect(JSON.stringify(errors)).not.toMatch(/validation|Mongo/i);
  expect(example.output()).toContain('Document failed validation');
});

it('What nobody is to reach of Gridhold is not there', async () => {
  const body = JSON.stringify({ query: '{ files(first: 1) { nodes { id } } }' });
  for (const path of [
    '/files-api/graphql',
    '/files-api//graphql',
    '/files-api/files/../graphql',
    '/files-api/upload/../graphql',
    '/files-api/upload/%2e%2e/graphql',
    '/files-api/graphql/../files/x',
    '/files-api/ready',
  ]) {
    expect([404, 405], path).toContain(await rawStatus('POST', path, body));
  }
  expect(await rawStatus('POST', '/files-api/files?filename=x', 'words')).toBe(405);
  expect(await rawStatus('GET', '/files-api/files/nonsense')).toBe(404);
  expect(await calls.ask('{ files { nodes { id } } }')).toMatchObject({
    errors: [{ message: expect.stringContaining('files') }],
  });
});

/** With the path as it stands: fetch would resolve its dots. */
async function rawStatus(method: string, path: string, body = ''): Promise<number | undefined> {
  const { hostname, port } = new URL(example.url);
  const headers = { 'content-type': 'application/json' };
  return await new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
