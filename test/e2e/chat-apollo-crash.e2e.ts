/**
 * The server of chat-apollo dies while an image becomes a message. Whenever that is, message and hold are both there or
 * both not; and sent again, as the page does it, there is one of each.
 */
import { readFileSync } from 'node:fs';
import { MongoClient } from 'mongodb';
import { afterAll, expect, inject, it } from 'vitest';
import { chatCalls, newPng } from '../support/chat-apollo-calls.ts';
import { type KillPoint, killAt, openCommandProxy } from '../support/command-proxy.ts';
import { type Example, startExample } from '../support/example.ts';
import { brokenInvariants } from '../support/invariants.ts';

const picture = readFileSync(new URL('../fixtures/picture.png', import.meta.url));
const mongo = new MongoClient(inject('mongodbUri'));
afterAll(() => mongo.close());

interface Killed {
  readonly struck: string | null;
  /** How many messages hold the image. */
  readonly messages: number | undefined;
}

/** Beyond what the two transactions take: more would mean that they never end. */
const mostCommands = 40;

it.each(['asked', 'answered'] as const)(
  'Killed when any command of sendImage or deleteMessage is %s, message and image are both there or both not',
  async (phase) => {
    const proxy = await openCommandProxy(inject('mongodbUri'), `chat-${phase}`);
    const start = (database?: string): Promise<Example> =>
      startExample('chat-apollo', {
        MONGODB_URI: proxy.uri,
        ...(database !== undefined && { EXAMPLE_DATABASE: database }),
      });
    let example = await start();
    const db = mongo.db(example.database);
    const counts = async (id: string): Promise<readonly number[]> => [
      await db.collection('messages').countDocuments({ imageId: id }),
      await db.collection('attachments').countDocuments({ fileId: id }),
    ];

    const sendKilledAt = async (at: Omit<KillPoint, 'phase'>, mark: string): Promise<Killed> => {
      const storageId = await chatCalls(example.url).upload(newPng(picture, `sent ${phase} ${mark}`));
      const struck = await killAt(proxy, example.process, { phase, ...at }, () =>
        chatCalls(example.url).sendImage(storageId),
      );
      const [messages, holds] = await counts(storageId);
      expect(holds, `sendImage killed at ${struck}`).toBe(messages);
      expect(await brokenInvariants(db)).toEqual([]);
      if (struck === null) return { struck, messages };
      example = await start(example.database);
      expect(await chatCalls(example.url).sendImage(storageId)).not.toHaveProperty('errors');
      expect(await counts(storageId)).toEqual([1, 1]);
      return { struck, messages };
    };
    const deleteKilledAt = async (at: Omit<KillPoint, 'phase'>, mark: string): Promise<Killed> => {
      const calls = chatCalls(example.url);
      const storageId = await calls.upload(newPng(picture, `deleted ${phase} ${mark}`));
      const { data } = await calls.sendImage(storageId);
      const query = 'mutation ($id: ID!) { deleteMessage(id: $id) }';
      const variables = { id: data?.sendImage.id };
      const struck = await killAt(proxy, example.process, { phase, ...at }, () =>
        calls.ask(query, variables),
      );
      const [messages, holds] = await counts(storageId);
      expect(holds, `deleteMessage killed at ${struck}`).toBe(messages);
      expect(await brokenInvariants(db)).toEqual([]);
      if (struck === null) return { struck, messages };
      example = await start(example.database);
      expect(await chatCalls(example.url).ask(query, variables)).not.toHaveProperty('errors');
      expect(await counts(storageId)).toEqual([0, 0]);
      return { struck, messages };
    };

    for (const [killedAt, write, before, after] of [
      [sendKilledAt, 'insert', 0, 1],
      [deleteKilledAt, 'delete', 1, 0],
    ] as const) {
      let killed: Killed = await killedAt({ index: 1 }, '1');
      for (let index = 2; killed.struck !== null && index <= mostCommands; index++) {
        killed = await killedAt({ index }, String(index));
      }
      expect(killed).toEqual({ struck: null, messages: after });
      // What an upload leaves for later may take a number of its own above, and one of these is then passed over.
      expect(await killedAt({ index: 1, name: write }, write)).toEqual({ struck: write, messages: before });
      expect(await killedAt({ index: 1, name: 'commitTransaction' }, 'commit')).toEqual({
        struck: 'commitTransaction',
        messages: phase === 'asked' ? before : after,
      });
    }
  },
  300_000,
);
