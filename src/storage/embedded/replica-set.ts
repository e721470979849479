/**
 * Makes a mongod of ours the one member of its replica set, and asks a mongod who it is. Knows connections and
 * commands; processes and directories are others'.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Db, MongoClient, MongoServerError } from 'mongodb';
import { z } from 'zod';
import { replicaSetName } from './mongod-arguments.ts';

const notYetInitialized = 94;

const configSchema = z.looseObject({
  version: z.number(),
  members: z.array(z.looseObject({ host: z.string() })),
  settings: z.looseObject({ replicaSetId: z.unknown() }),
});

/** What a mongod says of itself. */
export interface MongodIdentity {
  readonly pid: number;
  readonly version: string;
  readonly databasePath: string;
  readonly replicaSetId: string;
  /** The release whose format the data has. */
  readonly fcv: string;
}

export function mongodUri(port: number): string {
  return `mongodb://127.0.0.1:${port}/?replicaSet=${replicaSetName}`;
}

/** Who listens there; null where that is no writable mongod of a set named as ours. Takes a few seconds at most. */
export async function askIdentity(port: number): Promise<MongodIdentity | null> {
  try {
    return await withAdmin(port, 2_000, async (admin) => {
      const hello = await admin.command({ hello: 1 });
      return hello['setName'] === replicaSetName && hello['isWritablePrimary'] === true
        ? identityOf(admin)
        : null;
    });
  } catch {
    return null;
  }
}

/**
 * Brings a mongod of ours that has begun to listen to the point where it takes writes. The port may be another than
 * last time: nobody else is in the set, so that forcing the change loses nothing. Null, and nothing changed, where
 * another process listens there.
 */
export async function becomePrimary(
  port: number,
  pid: number,
  signal: AbortSignal,
): Promise<MongodIdentity | null> {
  return withAdmin(port, 10_000, async (admin) => {
    const status = await admin.command({ serverStatus: 1 });
    if (Number(status['pid']) !== pid) return null;
    const host = `127.0.0.1:${port}`;
    for (;;) {
      signal.throwIfAborted();
      const hello = await admin.command({ hello: 1 });
      if (hello['isWritablePrimary'] === true) return identityOf(admin);
      await putIntoSet(admin, host);
      await delay(40, undefined, { signal });
    }
  });
}

/** Refusals are not final: the set's state is loaded in the background, and the caller asks again. */
async function putIntoSet(admin: Db, host: string): Promise<void> {
  try {
    const config = await readConfig(admin);
    if (config === null) {
      await admin.command({ replSetInitiate: { _id: replicaSetName, members: [{ _id: 0, host }] } });
    } else if (config.members.length !== 1 || config.members[0]?.host !== host) {
      const changed = { ...config, version: config.version + 1, members: [{ _id: 0, host }] };
      await admin.command({ replSetReconfig: changed, force: true });
    }
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
  }
}

async function readConfig(admin: Db): Promise<z.infer<typeof configSchema> | null> {
  try {
    const { config } = await admin.command({ replSetGetConfig: 1 });
    return configSchema.parse(config);
  } catch (error) {
    if (error instanceof MongoServerError && error.code === notYetInitialized) return null;
    throw error;
  }
}

async function identityOf(admin: Db): Promise<MongodIdentity> {
  const [status, options, config, parameter] = await Promise.all([
    admin.command({ serverStatus: 1 }),
    admin.command({ getCmdLineOpts: 1 }),
    readConfig(admin),
    admin.command({ getParameter: 1, featureCompatibilityVersion: 1 }),
  ]);
  return {
    pid: Number(status['pid']),
    version: String(status['version']),
    databasePath: String(options['parsed']?.storage?.dbPath),
    replicaSetId: String(config?.settings['replicaSetId']),
    fcv: String(parameter['featureCompatibilityVersion']?.version),
  };
}

async function withAdmin<T>(port: number, timeoutMs: number, ask: (admin: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    maxPoolSize: 4,
    appName: 'gridhold-embedded',
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: timeoutMs,
  });
  try {
    return await ask(client.db('admin'));
  } finally {
    await client.close();
  }
}
