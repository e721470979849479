/**
 * Opens one database as Gridhold's store: checks that it can be one, marks it, and makes every collection, validator
 * and index before the first request. What is refused names the setting that leads elsewhere.
 */
import { type Db, type MongoClient, ReadConcern } from 'mongodb';
import { isDatabaseOfMongodb } from '../config/setting-values.ts';
import { type Collections, collectionNames, collectionsOf } from './collections.ts';
import { ensureIndexes } from './indexes.ts';
import type { CallerSession, Scope, TransactionObserver } from './transaction.ts';

export interface Store extends Scope {
  readonly client: MongoClient;
  readonly db: Db;
  readonly transactions?: TransactionObserver | undefined;
}

/** The database can't be used as it is; the message says what to change. The start ends with it. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError';
}

const format = 1;
const oldestMajorVersion = 6;
/** BSON refuses the values of another major release than its own. */
const oldestDriver = 7;

/** The database's handle with everything that the protocol rests on set by us, never taken from the app's client. */
function protocolDb(client: MongoClient, databaseName: string): Db {
  return client.db(databaseName, {
    writeConcern: { w: 'majority' },
    readConcern: new ReadConcern('local'),
    readPreference: 'primary',
    promoteLongs: true,
    promoteValues: true,
    promoteBuffers: false,
    useBigInt64: false,
    ignoreUndefined: false,
    bsonRegExp: false,
    raw: false,
    serializeFunctions: false,
    enableUtf8Validation: true,
  });
}

/**
 * The app's MongoClient, of whatever copy of the driver (Mongoose brings one along): to TypeScript, the classes of two
 * copies are two types, because of their private parts.
 */
export interface AppClient {
  db(name?: string): { readonly databaseName: string };
  startSession(): CallerSession;
}

/** @throws StoreRefusedError; or the driver's errors where MongoDB does not answer */
export async function openStore(
  appClient: AppClient,
  databaseName: string,
  transactions?: TransactionObserver,
): Promise<Store> {
  const client = appClient as MongoClient;
  await checkClient(client);
  checkDatabaseName(databaseName);
  const db = protocolDb(client, databaseName);
  await checkServer(db);
  const collections = collectionsOf(db);
  await mark(db, collections);
  await ensureIndexes(db, collections);
  return { client, db, in: collections, isCallers: false, transactions };
}

/** An app's own: what it can't do would show late, and not in words. */
async function checkClient({ options }: MongoClient): Promise<void> {
  // What it tells each server of itself, in older drivers no promise. Whatever wraps it adds its version behind a bar.
  const metadata: unknown = await Reflect.get(options, 'metadata');
  const version = versionIn(metadata);
  if (version !== null && Number.parseInt(version, 10) < oldestDriver) {
    throw new StoreRefusedError(
      `client: it is of the MongoDB driver ${version}, and Gridhold needs ${oldestDriver}, which Mongoose 9 brings too`,
    );
  }
  if (options.serverApi?.strict) {
    throw new StoreRefusedError(
      'client: its serverApi is strict, and Gridhold needs commands that are outside of it; leave strict out',
    );
  }
}

function versionIn(metadata: unknown): string | null {
  if (typeof metadata !== 'object' || metadata === null || !('driver' in metadata)) return null;
  const { driver } = metadata;
  if (typeof driver !== 'object' || driver === null || !('version' in driver)) return null;
  return typeof driver.version === 'string' ? driver.version : null;
}

/** Without a name the driver would take its own default. */
function checkDatabaseName(name: string): void {
  if (name && !isDatabaseOfMongodb(name)) return;
  throw new StoreRefusedError(
    `database: ${JSON.stringify(name)} can't be the name of a database of ours; createGridhold needs one`,
  );
}

async function checkServer(db: Db): Promise<void> {
  const build = await db.admin().command({ buildInfo: 1 });
  const version: string = build['version'];
  if (Number.parseInt(version, 10) < oldestMajorVersion) {
    throw new StoreRefusedError(`MONGODB_URI: MongoDB ${version} is too old; Gridhold needs 6.0 or newer`);
  }
  const hello = await db.admin().command({ hello: 1 });
  if (!hello['setName'] && hello['msg'] !== 'isdbgrid') {
    throw new StoreRefusedError(
      'MONGODB_URI: this MongoDB is a standalone, and transactions need a replica set. Start it with --replSet rs0 ' +
        "and run once: mongosh --eval 'rs.initiate()'",
    );
  }
}

/** The marker comes first, so that a database with our collections and without it is somebody else's. */
async function mark(db: Db, collections: Collections): Promise<void> {
  const marker = await collections.marker.findOne({ _id: 'gridhold' });
  if (marker) {
    if (marker.format !== format) {
      throw new StoreRefusedError(
        `GRIDHOLD_DATABASE: ${db.databaseName} was written in format ${marker.format}; this Gridhold knows ${format}`,
      );
    }
    return;
  }
  const ours = new Set<string>(Object.values(collectionNames));
  const existing = await db.listCollections({}, { nameOnly: true }).toArray();
  const taken = existing.map(({ name }) => name).filter((name) => ours.has(name));
  if (taken.length > 0) {
    // Another instance may have just begun here: then its marker stands soon.
    for (let look = 0; look < 10; look++) {
      if (await collections.marker.findOne({ _id: 'gridhold' })) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new StoreRefusedError(
      `GRIDHOLD_DATABASE: ${db.databaseName} holds ${taken.join(', ')} that Gridhold did not make; name another database`,
    );
  }
  await collections.marker.updateOne({ _id: 'gridhold' }, { $setOnInsert: { format } }, { upsert: true });
}

/** The server's clock: the only one that times are taken from. */
export async function serverNow(store: Store): Promise<Date> {
  const hello = await store.db.command({ hello: 1 });
  return hello['localTime'];
}
