/**
 * The claim: the reference from your document to the file is a transaction. An app writes its own message and lets it
 * hold or let go of files in one transaction, which is aborted, or whose process dies, at every step: both are there or
 * both are not.
 */
import { randomBytes } from 'node:crypto';
import { type Db, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Children, type Outcome, openChildren, type Strike } from './children/crash-children.ts';
import { crashProgram } from './children/crash-program.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';

interface Facts {
  readonly message: 'old' | 'new' | null;
  /** `a` in the field `file` is `a file`. */
  readonly holds: readonly string[];
  /** `gone`, `unreferenced`, or the number of its holds. */
  readonly files: Readonly<Record<string, string>>;
}

/** What each of claim-tasks.mjs's transactions finds, and what it makes of it. */
const transactions: readonly { readonly name: string; readonly before: Facts; readonly after: Facts }[] = [
  {
    name: 'insert, attach',
    before: { message: null, holds: [], files: { a: 'unreferenced' } },
    after: { message: 'new', holds: ['a file'], files: { a: '1' } },
  },
  {
    name: 'attach, insert',
    before: { message: null, holds: [], files: { a: 'unreferenced' } },
    after: { message: 'new', holds: ['a file'], files: { a: '1' } },
  },
  {
    name: 'update, attach replacing',
    before: { message: 'old', holds: ['a file'], files: { a: '1', b: 'unreferenced' } },
    after: { message: 'new', holds: ['b file'], files: { a: 'unreferenced', b: '1' } },
  },
  {
    name: 'update, set files',
    before: { message: 'old', holds: ['a file', 'b file'], files: { a: '1', b: '1', c: 'unreferenced' } },
    after: { message: 'new', holds: ['b file', 'c file'], files: { a: 'unreferenced', b: '1', c: '1' } },
  },
  {
    name: 'detach, delete',
    before: { message: 'old', holds: ['a file'], files: { a: '1' } },
    after: { message: null, holds: [], files: { a: 'unreferenced' } },
  },
  {
    name: 'delete, detach document',
    before: { message: 'old', holds: ['a file', 'b file', 'b other'], files: { a: '1', b: '2' } },
    after: { message: null, holds: [], files: { a: 'unreferenced', b: 'unreferenced' } },
  },
  {
    name: 'update, delete file',
    before: { message: 'old', holds: [], files: { a: 'unreferenced' } },
    after: { message: 'new', holds: [], files: { a: 'gone' } },
  },
  {
    name: 'delete, delete file by force',
    before: { message: 'old', holds: ['a file'], files: { a: '1' } },
    after: { message: null, holds: [], files: { a: 'gone' } },
  },
];

/** Between an answer and the next command nothing happens in MongoDB: either side of the commands sees every step. */
const places: readonly { place: string; inOtherDatabase: boolean; phase: Strike['phase'] }[] = [
  { place: 'in the same database', inOtherDatabase: false, phase: 'succeeded' },
  { place: 'in another database of the same client', inOtherDatabase: true, phase: 'started' },
];

let test: TestGridhold;
let appDb: Db;
let children: Children;
const rounds = { killed: 0, aborted: 0 };

beforeAll(async () => {
  test = await openTestGridhold();
  appDb = test.client.db(`${test.databaseName}-app`);
  // A transaction that makes a collection would hold up the others.
  for (const db of [test.db, appDb]) await db.createCollection('messages');
  const program = await crashProgram();
  const tasks = new URL('children/claim-tasks.mjs', import.meta.url).href;
  const databases = [inject('mongodbUri'), test.databaseName, appDb.databaseName];
  children = openChildren(test.client, (name) => [process.execPath, program, tasks, ...databases, name]);
});

afterAll(async () => {
  await children.close();
  await appDb.dropDatabase();
});

describe.each(places)('A message $place and its files', ({ inOtherDatabase, phase }) => {
  it.each(transactions)(
    '$name: killed at any command, both are written or both are not',
    async (transaction) => {
      let isKilled = true;
      for (let index = 1; isKilled; index++) {
        const round = await Round.prepare(transaction.before, inOtherDatabase);
        const outcome = await round.run(transaction.name, { strike: { phase, index } });
        isKilled = 'struck' in outcome;
        const isCommitted = !('struck' in outcome) || outcome.struck === 'succeeded commitTransaction';
        expect(await round.facts(), describeOutcome(outcome)).toEqual(
          isCommitted ? transaction.after : transaction.before,
        );
        if (isKilled) rounds.killed += 1;
        else expect(outcome).toMatchObject({ commands: index - 1 });
      }
      expect(await brokenInvariants(test.db)).toEqual([]);
    },
  );

  it.each(transactions)('$name: aborted by the app, nothing is written', async (transaction) => {
    for (const change of ['within', 'after', 'abort', 'within', 'after', 'abort']) {
      const round = await Round.prepare(transaction.before, inOtherDatabase);
      const outcome = await round.run(transaction.name, { change });
      expect(outcome).toMatchObject(change === 'abort' ? { done: {} } : { failed: 'ChangedItsMind' });
      expect(await round.facts(), change).toEqual(transaction.before);
      rounds.aborted += 1;
    }
    expect(await brokenInvariants(test.db)).toEqual([]);
  });

  it.each(transactions)(
    '$name: ended by MongoDB at any command, all is written once or nothing',
    async (transaction) => {
      let retried = 0;
      for (let index = 1, commands = 1; index <= commands; index++) {
        const round = await Round.prepare(transaction.before, inOtherDatabase);
        const outcome = await round.run(transaction.name, {
          strike: { phase: 'succeeded', index, how: 'abort' },
        });
        // A command that is just under way is interrupted, and the driver does not retry that.
        const isDone = 'done' in outcome;
        expect(await round.facts(), describeOutcome(outcome)).toEqual(
          isDone ? transaction.after : transaction.before,
        );
        if (isDone && outcome.done['attempts'] !== 1) retried += 1;
        if (!('struck' in outcome)) commands = Math.max(commands, outcome.commands);
        rounds.aborted += 1;
      }
      expect(retried).toBeGreaterThan(0);
      expect(await brokenInvariants(test.db)).toEqual([]);
    },
  );
});

it('Those were more than 200 rounds, and each command was once the last', () => {
  expect(rounds.killed).toBeGreaterThan(100);
  expect(rounds.killed + rounds.aborted).toBeGreaterThan(200);
});

class Round {
  readonly #messageId = new ObjectId().toHexString();
  readonly #inOtherDatabase: boolean;
  /** Storage IDs by label. */
  readonly #files: Readonly<Record<string, string>>;

  private constructor(inOtherDatabase: boolean, files: Readonly<Record<string, string>>) {
    this.#inOtherDatabase = inOtherDatabase;
    this.#files = files;
  }

  static async prepare(facts: Facts, inOtherDatabase: boolean): Promise<Round> {
    const { gridhold } = test;
    const files = await Promise.all(
      Object.keys(facts.files).map(
        async (label) => [label, (await gridhold.store(randomBytes(64))).id] as const,
      ),
    );
    const round = new Round(inOtherDatabase, Object.fromEntries(files));
    if (facts.message) await round.#messages.insertOne({ _id: round.#messageId, text: facts.message });
    for (const hold of facts.holds) {
      const [label = '', field = ''] = hold.split(' ');
      await gridhold.attach({ fileId: round.#files[label] ?? '', document: round.#document, field });
    }
    expect(await round.facts()).toEqual(facts);
    return round;
  }

  run(name: string, how: { readonly strike?: Strike; readonly change?: string }): Promise<Outcome> {
    const { strike = null, change = null } = how;
    return children.order(
      'transaction',
      {
        name,
        change,
        inOtherDatabase: this.#inOtherDatabase,
        messageId: this.#messageId,
        document: this.#document,
        files: this.#files,
      },
      strike,
    );
  }

  async facts(): Promise<Facts> {
    const message = await this.#messages.findOne({ _id: this.#messageId });
    const holds = await test.db.collection('attachments').find(this.#document).toArray();
    const labels = new Map(Object.entries(this.#files).map(([label, id]) => [id, label]));
    const files = Object.entries(this.#files).map(
      async ([label, id]) => [label, await fileState(id)] as const,
    );
    return {
      message: message?.text ?? null,
      holds: holds.map((hold) => `${labels.get(hold['fileId'])} ${hold['field']}`).sort(),
      files: Object.fromEntries(await Promise.all(files)),
    };
  }

  get #document(): { collection: string; documentId: string } {
    return { collection: 'messages', documentId: this.#messageId };
  }

  get #messages() {
    const db = this.#inOtherDatabase ? appDb : test.db;
    return db.collection<{ _id: string; text: 'old' | 'new' }>('messages');
  }
}

async function fileState(id: string): Promise<string> {
  const record = await test.db.collection<{ _id: string }>('files').findOne({ _id: id });
  if (!record) return 'gone';
  const { refCount, unreferencedSince } = { refCount: null, unreferencedSince: null, ...record };
  return unreferencedSince === null ? String(refCount) : refCount === 0 ? 'unreferenced' : 'broken';
}

function describeOutcome(outcome: Outcome): string {
  if ('struck' in outcome) return `killed: ${outcome.struck}`;
  return 'failed' in outcome ? `${outcome.failed}: ${outcome.message}` : 'done';
}
