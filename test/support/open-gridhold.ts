/** A Gridhold of the test's own on the run's real mongod: a database per test file, dropped at its end. */
import { type Db, MongoClient } from 'mongodb';
import { afterAll, inject } from 'vitest';
import { createGridhold, type Gridhold, type GridholdOptions } from '../../src/gridhold.ts';

export interface TestGridhold {
  readonly gridhold: Gridhold;
  readonly client: MongoClient;
  readonly db: Db;
  readonly databaseName: string;
  /** A further instance on the same database, with its own client and settings. */
  another(options?: Partial<GridholdOptions>): Promise<Gridhold>;
}

let databases = 0;
const closers: (() => Promise<void>)[] = [];

// At the top of the module: registered inside a hook or a test it would not run. Last opened, first closed.
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

/** Call once per test file (or per test that needs a store of its own). Sweeping is off unless asked for. */
export async function openTestGridhold(options: Partial<GridholdOptions> = {}): Promise<TestGridhold> {
  const uri = inject('mongodbUri');
  const databaseName = `test-${process.pid}-${Date.now().toString(36)}-${databases++}`;
  const open = async (
    more: Partial<GridholdOptions>,
  ): Promise<{ gridhold: Gridhold; client: MongoClient }> => {
    const client = await new MongoClient(uri, { monitorCommands: true }).connect();
    const gridhold = await createGridhold({
      publicUrl: 'http://127.0.0.1:4000',
      sweepIntervalMs: 'off',
      client,
      database: databaseName,
      ...options,
      ...more,
    });
    closers.push(async () => {
      await gridhold.close();
      await client.close();
    });
    return { gridhold, client };
  };
  const { gridhold, client } = await open({});
  const db = client.db(databaseName);
  closers.push(async () => {
    await db.dropDatabase();
  });
  return { gridhold, client, db, databaseName, another: async (more = {}) => (await open(more)).gridhold };
}
