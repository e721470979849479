/**
 * Message and image, both there or both not, whatever dies in between: the chat, Gridhold, or the way between them.
 * Where "after a while" is, the chat's reconciling is made impatient by its settings.
 */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { type Collection, MongoClient } from 'mongodb';
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest';
import { type ChatOptions, holdersIn, type RemoteChat, startChat } from '../support/chat-urql.ts';
import { eventually } from '../support/eventually.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { fixture } from '../support/requests.ts';
import { startService } from '../support/service.ts';
import { openTcpLink } from '../support/tcp-link.ts';

const photo = fixture('photo.jpg');
const impatient = { RECONCILE_INTERVAL_MS: '50', RECONCILE_MIN_AGE_MS: '0' };
const patient = { RECONCILE_INTERVAL_MS: '50', RECONCILE_MIN_AGE_MS: '600000' };
const manualSweep = { GRIDHOLD_SWEEP_INTERVAL: 'off' };
const remove = 'mutation ($id: ID!) { deleteMessage(id: $id) }';

const mongo = new MongoClient(inject('mongodbUri'));
afterAll(() => mongo.close());

const chats: RemoteChat[] = [];
afterEach(async () => {
  for (const chat of chats.splice(0)) {
    await chat.example.stop('SIGKILL');
    await chat.gridhold.stop('SIGKILL');
  }
});

/** Ends with its test: impatient ones ask Gridhold without a pause, and a dozen of them leave no machine for the next. */
async function start(options: ChatOptions = {}): Promise<RemoteChat> {
  const chat = await startChat(options);
  chats.push(chat);
  return chat;
}

/** The chat's own records, its marks included. */
function recordsOf(chat: RemoteChat): Collection<{ _id: string; givenUpAt?: Date }> {
  return mongo.db(chat.example.database).collection('messages');
}

async function imageIds(chat: RemoteChat): Promise<readonly string[]> {
  return (await chat.messages()).map(({ id }) => id).sort();
}

/**
 * Sends an image until it is sent, and comes back once nothing is held for the attempts before: an impatient chat waits
 * for nobody, and on a busy machine gives up the hold of a message that is just about to be inserted.
 */
async function send(chat: RemoteChat): Promise<{ readonly messageId: string; readonly storageId: string }> {
  for (;;) {
    const answer = await chat.sendImage(photo);
    if (answer.status === 201) {
      await eventually(() => heldInVain(chat)).toEqual([]);
      return await answer.json();
    }
    expect(await answer.json()).toMatchObject({ status: 503, code: 'SENDING_TOOK_TOO_LONG' });
  }
}

/** What is held for messages that were given up. */
async function heldInVain(chat: RemoteChat): Promise<readonly string[]> {
  const holders = await holdersIn(chat);
  const marks = await recordsOf(chat)
    .find({ _id: { $in: [...holders] }, givenUpAt: { $exists: true } })
    .toArray();
  return marks.map(({ _id }) => _id);
}

/** Sends an image, and takes its message away past the chat, as a crash or a hand in the database would. */
async function leaveHold(chat: RemoteChat): Promise<string> {
  const { messageId } = await send(chat);
  await recordsOf(chat).deleteOne({ _id: messageId });
  return messageId;
}

/** The same servers' data, by a chat that starts anew. */
async function restarted(
  chat: RemoteChat,
  environment: Readonly<Record<string, string>>,
): Promise<RemoteChat> {
  return await start({
    gridhold: chat.gridhold,
    environment: { EXAMPLE_DATABASE: chat.example.database, ...environment },
  });
}

describe('The chat', () => {
  it('killed between the image and its message leaves a hold, and a later one lets go of it', async () => {
    const gridhold = await startService(manualSweep);
    const link = await openTcpLink(gridhold.url);
    const chat = await start({ gridhold, gridholdUrl: link.url, environment: patient });
    link.holdAnswersTo('POST /upload/');
    const sending = chat.sendImage(photo).catch(() => null);
    await eventually(async () => (await holdersIn(chat)).length).toBe(1);
    await chat.example.stop('SIGKILL');
    await sending;
    expect(await recordsOf(chat).countDocuments({ sentAt: { $exists: true } })).toBe(0);

    const next = await restarted(chat, impatient);
    await eventually(() => holdersIn(next)).toEqual([]);
    expect(await next.messages()).toEqual([]);
  });

  it('killed at any moment while images are sent leaves each message with its image, and no other', async () => {
    let chat = await start({ environment: patient });
    for (let round = 0; round < 6; round++) {
      // Counted before any is sent: of what is held by then, too few would be left to wait for.
      const before = (await holdersIn(chat)).length;
      const sending = Array.from({ length: 4 }, () => chat.sendImage(photo).catch(() => null));
      // Each round a little further on: by what has happened, not by time.
      await eventually(async () => (await holdersIn(chat)).length).toBeGreaterThanOrEqual(
        before + 1 + (round % 4),
      );
      await chat.example.stop('SIGKILL');
      await Promise.all(sending);
      chat = await restarted(chat, patient);
    }
    await chat.example.stop();
    const last = await restarted(chat, impatient);
    await eventually(() => holdersIn(last).then((ids) => [...ids].sort())).toEqual(await imageIds(last));
    for (const { image } of await last.messages()) {
      expect((await fetch(image?.url ?? '')).status).toBe(200);
    }
  });

  it('lets nobody send under an ID that it has given up', async () => {
    const gridhold = await startService(manualSweep);
    const link = await openTcpLink(gridhold.url);
    const chat = await start({ gridhold, gridholdUrl: link.url, environment: impatient });
    link.holdAnswersTo('POST /upload/');
    const sending = chat.sendImage(photo);
    // The sender sleeps, the image is held, and taken for a crash's.
    await eventually(() => recordsOf(chat).countDocuments({ givenUpAt: { $exists: true } })).toBe(1);
    await eventually(() => holdersIn(chat)).toEqual([]);
    link.release();
    const answer = await sending;
    expect(answer.status).toBe(503);
    expect(answer.headers.get('access-control-allow-origin')).toBe(chat.example.url);
    expect(await answer.json()).toMatchObject({ code: 'SENDING_TOOK_TOO_LONG' });
    expect(await chat.messages()).toEqual([]);
    // One that is not held up is sent.
    await send(chat);
  });

  it('takes no image away from a message, even where it doubts each one at once', async () => {
    const chat = await start({ environment: { RECONCILE_INTERVAL_MS: '0', RECONCILE_MIN_AGE_MS: '0' } });
    const statuses: number[] = [];
    for (let round = 0; round < 6; round++) {
      const answers = await Promise.all(Array.from({ length: 5 }, () => chat.sendImage(photo)));
      statuses.push(...answers.map(({ status }) => status));
    }
    // It came, or its sender was told that it did not.
    expect(statuses.filter((status) => status !== 201 && status !== 503)).toEqual([]);
    const sent = await imageIds(chat);
    expect(sent).toHaveLength(statuses.filter((status) => status === 201).length);
    await eventually(() => holdersIn(chat).then((ids) => [...ids].sort())).toEqual(sent);
  });

  it('deletes a message while Gridhold is away, and lets go of its image later', async () => {
    const gridhold = await startService(manualSweep);
    const chat = await start({ gridhold, environment: impatient });
    await send(chat);
    const [{ id, image } = { id: '', image: null }] = await chat.messages();
    await gridhold.stop('SIGKILL');

    const unavailable = await fetch(image?.url ?? '', { headers: { origin: chat.example.url } });
    expect(unavailable.status).toBe(503);
    expect(unavailable.headers.get('access-control-allow-origin')).toBe(chat.example.url);
    expect(await unavailable.json()).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    const refused = await chat.sendImage(photo);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'STORAGE_UNAVAILABLE', retryable: true });
    // Whoever breaks off meanwhile takes nobody along.
    const leaving = await RawConnection.open(chat.api);
    leaving.head('POST', `${chat.api}/sendImage?author=Ann`, { 'Content-Length': 5_000_000 }).send(photo);
    await new Promise<void>((flushed) => leaving.socket.end(flushed));
    leaving.destroy();

    expect(await chat.graphql(remove, { id })).toEqual({ data: { deleteMessage: true } });
    expect(await holdersIn(chat)).toEqual([id]);
    await startService({
      ...manualSweep,
      GRIDHOLD_DATABASE: gridhold.database,
      PORT: new URL(gridhold.url).port,
    });
    await eventually(() => holdersIn(chat)).toEqual([]);
    expect(await chat.messages()).toEqual([]);
  });
});

describe('Of a Gridhold that it shares, the chat', () => {
  it('lets go of no other app’s holds, whatever those are called', async () => {
    const gridhold = await startService(manualSweep);
    const [chat, other] = [
      await start({ gridhold, environment: impatient }),
      await start({ gridhold, environment: patient }),
    ];
    const { storageId } = await send(other);
    await gridhold.graphql(
      `mutation ($id: ID!) {
        attachFile(fileId: $id, document: { collection: "messages", documentId: "1" }) { file { id } }
      }`,
      { id: storageId },
    );
    const kept = await holdersIn(chat);
    expect(kept).toHaveLength(2);
    await leaveHold(chat);
    await eventually(() => holdersIn(chat)).toEqual(kept);
    expect((await fetch(`${gridhold.url}/files/${storageId}`)).status).toBe(200);
  });

  it('that finds its database emptied lets go of nothing that the old one’s messages held', async () => {
    const chat = await start({ environment: impatient });
    const kept = [(await send(chat)).messageId];
    // While it runs, and before it starts.
    for (let round = 0; round < 2; round++) {
      await mongo.db(chat.example.database).dropDatabase();
      const next = await restarted(chat, impatient);
      await leaveHold(next);
      await eventually(() => holdersIn(next)).toEqual(kept);
      await next.example.stop();
      await chat.example.stop();
    }
  });

  it('that is copied to a database of another name lets go of nothing that the first one’s messages hold', async () => {
    const chat = await start({ environment: patient });
    const copied = `${chat.example.database}-copy`;
    const records = await recordsOf(chat).find().toArray();
    if (records.length > 0)
      await mongo.db(copied).collection<{ _id: string }>('messages').insertMany(records);
    const kept = [(await send(chat)).messageId];
    const copy = await start({
      gridhold: chat.gridhold,
      environment: { ...impatient, EXAMPLE_DATABASE: copied },
    });
    await leaveHold(copy);
    await eventually(() => holdersIn(copy)).toEqual(kept);
  });

  it('goes on to the next hold where one can’t be let go of, and comes back to it', async () => {
    const gridhold = await startService(manualSweep);
    const link = await openTcpLink(gridhold.url);
    const chat = await start({ gridhold, gridholdUrl: link.url, environment: patient });
    const left = [await leaveHold(chat), await leaveHold(chat), await leaveHold(chat)].sort();
    await chat.example.stop();
    const [, middle = ''] = left;
    link.breakAt(middle);
    const next = await start({
      gridhold,
      gridholdUrl: link.url,
      environment: { ...impatient, EXAMPLE_DATABASE: chat.example.database },
    });
    await eventually(() => holdersIn(chat)).toEqual([middle]);
    link.breakAt(null);
    await eventually(() => holdersIn(chat)).toEqual([]);
    expect(next.example.output()).toContain('1 hold could not be let go of');
  });
});

describe('A Gridhold next to the chat, where none is named', () => {
  it('serves it, and does not outlive it', async () => {
    const port = await freePort();
    const chat = await startBeside(port);
    expect((await chat.sendImage(photo)).status).toBe(201);
    expect(await chat.messages()).toMatchObject([{ image: expect.anything() }]);
    expect(await isAlive(port)).toBe(true);
    await chat.example.stop('SIGKILL');
    await eventually(() => isAlive(port)).toBe(false);
  });

  it('ends with it in order', async () => {
    const port = await freePort();
    const chat = await startBeside(port);
    expect(await chat.example.stop('SIGTERM')).toBe(0);
    expect(await isAlive(port)).toBe(false);
  });

  it('takes it along when it dies, in words', async () => {
    const chat = await startBeside(0);
    const exited = once(chat.example.process, 'exit');
    const { stdout } = await promisify(execFile)('pgrep', ['-P', String(chat.example.process.pid), 'node']);
    process.kill(Number(stdout.trim()), 'SIGKILL');
    expect(await exited).toEqual([1, null]);
    expect(chat.example.output()).toMatch(/Gridhold, .*, ended \(SIGKILL\)/);
  });
});

/** The tests' own Gridhold stands by, and is not asked. */
async function startBeside(port: number): Promise<RemoteChat> {
  const environment = { GRIDHOLD_URL: '', GRIDHOLD_PORT: String(port) };
  return await start({ gridhold: await startService(manualSweep), environment });
}

async function isAlive(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
