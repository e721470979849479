/**
 * The server of chat-apollo dies while an image becomes a message. Whenever that is, message and hold are both there or
 * both not; and sent again, as the page does it, there is one of each.
 */
import { readFileSync } from 'node:fs';
import { MongoClient } from 'mongodb';
import { afterAll, expect, inject, it } from 'vitest';
import { chatCalls, newPng } from '../support/chat-apollo-calls.ts';
import { killAt, openCommandProxy } from '../support/command-proxy.ts';
import { type Example, startExample } from '../support/example.ts';
import { brokenInvariants } from '../support/invariants.ts';

const picture = readFileSync(new URL('../fixtures/picture.png', import.meta.url));
const mongo = new MongoClient(inject('mongodbUri'));
afterAll(() => mongo.close());

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

    const killedAt = (index: number, work: () => Promise<unknown>): Promise<string | null> =>
      killAt(proxy, example.process, { phase, index }, work);

    const outcomes: string[] = [];
    for (let index = 1; index <= mostCommands; index++) {
      const storageId = await chatCalls(example.url).upload(newPng(picture, `sent ${phase} ${index}`));
      const struck = await killedAt(index, () => chatCalls(example.url).sendImage(storageId));
      const [messages, holds] = await counts(storageId);
      expect(holds, `sendImage killed at ${struck}`).toBe(messages);
      expect(await brokenInvariants(db)).toEqual([]);
      outcomes.push(`sendImage ${struck}: ${messages}`);
      if (struck === null) break;
      example = await start(example.database);
      expect(await chatCalls(example.url).sendImage(storageId)).not.toHaveProperty('errors');
      expect(await counts(storageId)).toEqual([1, 1]);
    }
    for (let index = 1; index <= mostCommands; index++) {
      const calls = chatCalls(example.url);
      const storageId = await calls.upload(newPng(picture, `deleted ${phase} ${index}`));
      const { data } = await calls.sendImage(storageId);
      const query = 'mutation ($id: ID!) { deleteMessage(id: $id) }';
      const variables = { id: data?.sendImage.id };
      const struck = await killedAt(index, () => calls.ask(query, variables));
      const [messages, holds] = await counts(storageId);
      expect(holds, `deleteMessage killed at ${struck}`).toBe(messages);
      expect(await brokenInvariants(db)).toEqual([]);
      outcomes.push(`deleteMessage ${struck}: ${messages}`);
      if (struck === null) break;
      example = await start(example.database);
      expect(await chatCalls(example.url).ask(query, variables)).not.toHaveProperty('errors');
      expect(await counts(storageId)).toEqual([0, 0]);
    }
    expect(outcomes).toContain(`sendImage commitTransaction: ${phase === 'asked' ? 0 : 1}`);
    expect(outcomes).toContain('sendImage insert: 0');
    expect(outcomes).toContain('sendImage null: 1');
    expect(outcomes).toContain(`deleteMessage commitTransaction: ${phase === 'asked' ? 1 : 0}`);
    expect(outcomes).toContain('deleteMessage delete: 1');
    expect(outcomes).toContain('deleteMessage null: 0');
  },
  300_000,
);
