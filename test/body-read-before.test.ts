/** An app that mounts `handleNode` behind what parses bodies: what that took is gone, and must not look like a file. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';

let store: TestGridhold;
let base: string;
const server = createServer(async (request, response) => {
  await buffer(request);
  await store.gridhold.handleNode(request, response);
});

beforeAll(async () => {
  store = await openTestGridhold({ auth: 'none' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const inPieces = (text: string): RequestInit =>
  ({ method: 'POST', body: new Blob([text]).stream(), duplex: 'half' }) as RequestInit;

test.each<[string, string, RequestInit]>([
  ['a file of a length that was told', '/files', { method: 'POST', body: 'bytes' }],
  ['a file in pieces', '/files', inPieces('bytes')],
  [
    'GraphQL',
    '/graphql',
    { method: 'POST', body: '{"query":"{__typename}"}', headers: { 'content-type': 'application/json' } },
  ],
])('%s is refused, in words that say what to do', async (_, path, request) => {
  const answer = await fetch(`${base}${path}`, request);
  expect(answer.status).toBe(500);
  expect(await answer.text()).toContain('mount Gridhold before what parses bodies');
});

test('an upload in pieces is refused, and its URL takes the bytes later', async () => {
  const { url, id } = await store.gridhold.generateUploadUrl();
  const answer = await fetch(`${base}${new URL(url).pathname}`, inPieces('bytes'));
  expect(answer.status).toBe(500);
  const [uploadUrl] = await store.gridhold.useCases.uploadUrlsByIds([id], {
    role: 'admin',
    subject: null,
    id: 'test',
  });
  expect(uploadUrl).toMatchObject({ status: 'WAITING' });
  expect(await store.db.collection('files').countDocuments()).toBe(0);
});

test.each(['/files', '/graphql'])('a Request whose body was read is refused too: %s', async (path) => {
  const request = new Request(`${base}${path}`, { method: 'POST', body: 'bytes' });
  await request.text();
  const answer = await store.gridhold.fetch(request, { address: '127.0.0.1' });
  expect(answer.status).toBe(500);
  expect(await answer.text()).toContain('mount Gridhold before what parses bodies');
});

test('what has no body is answered', async () => {
  expect((await fetch(`${base}/health`)).status).toBe(200);
  expect((await fetch(`${base}/graphql?query={__typename}`)).status).toBe(200);
});
