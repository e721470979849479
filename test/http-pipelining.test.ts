/** A client that sends many requests at once on one connection, and may never read an answer. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { startLocalServer } from './support/local-server.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { RawConnection } from './support/raw-connection.ts';

const requests = 60;
/** More than a connection's buffers take. */
const largeBytes = 60_000_000;
let store: TestGridhold;
let fileId: string;

beforeAll(async () => {
  store = await openTestGridhold({ auth: 'none' });
  fileId = (await store.gridhold.store(Buffer.alloc(largeBytes), { visibility: 'PUBLIC' })).id;
});

it('A download is read for one of them at a time, and when the connection ends, all are over', async () => {
  const handled: Promise<void>[] = [];
  const server = createServer((request, response) => {
    handled.push(store.gridhold.handleNode(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  let reads = 0;
  store.client.on('commandStarted', ({ commandName, command }) => {
    if (commandName === 'find' && command['find'] === 'blobs.chunks' && command['filter'].n.$gte === 0)
      reads += 1;
  });
  const client = connect(port, '127.0.0.1');
  client.pause();
  const head = `GET /files/${fileId} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  client.write(head.repeat(requests));
  while (handled.length < requests) await pause(10);
  await pause(1_000);
  expect(reads).toBe(1);

  client.destroy();
  await Promise.all(handled);
  expect(reads).toBe(1);
});

it('They are answered in their order, also where the client has closed its sending half', async () => {
  const { url } = await startLocalServer(store.gridhold);
  const connection = await RawConnection.open(url);
  for (let n = 0; n < requests; n++)
    connection.head('GET', `${url}/files/${n % 2 ? 'none' : fileId}`, { Range: 'bytes=0-9' });
  connection.end();
  for (let n = 0; n < requests; n++) expect((await connection.answer()).status).toBe(n % 2 ? 404 : 206);
  expect(await connection.closed).toBe('ended');
});
