/**
 * MongoDB by the settings: the one that MONGODB_URI names, or the embedded one, which a second command beside a
 * running server joins. The service's own client notices a lost primary sooner than the driver's defaults do.
 */
import { resolve } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { connectClient, databaseNameOf, type MongoConnection } from '../storage/connection.ts';
import { holdsDatabase } from '../storage/embedded/data-directory.ts';
import { type EmbeddedMongod, EmbeddedMongodError } from '../storage/embedded/embedded-mongod.ts';
import { openEmbeddedMongod } from '../storage/embedded/open-embedded-mongod.ts';

export interface Connected {
  readonly client: MongoConnection;
  readonly database: string;
  /** Where the data lies, for people: never with credentials. */
  readonly place: string;
  /** Null where MONGODB_URI names another. */
  readonly embedded: EmbeddedMongod | null;
  close(): Promise<void>;
}

const defaultDatabase = 'gridhold';

export interface Connecting {
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * For a command that ends: it says first which data it has opened.
 * @param mayCreate false: an empty store, made because of a mistyped directory, would only say that all is well
 */
export async function connectCommand(
  settings: Settings,
  { mayCreate, ...connecting }: Connecting & { readonly mayCreate: boolean },
): Promise<Connected> {
  const { dataDir, mongodbUri } = settings;
  if (!mayCreate && mongodbUri === null && !(await holdsDatabase(dataDir))) {
    throw new EmbeddedMongodError(
      `There is no store in ${resolve(dataDir)}: GRIDHOLD_DATA_DIR names the directory of one, or MONGODB_URI a MongoDB.`,
    );
  }
  const connected = await connect(settings, connecting);
  connecting.onProgress(`Data ${connected.place}`);
  return connected;
}

export async function connect(settings: Settings, options: Connecting): Promise<Connected> {
  if (settings.mongodbUri !== null) {
    const client = await connectClient(settings.mongodbUri).catch(explainNoAnswer);
    const database = settings.database ?? databaseNameOf(settings.mongodbUri) ?? defaultDatabase;
    const hosts = client.options.hosts.map(String).join(', ');
    return {
      client,
      database,
      place: `${hosts}, database ${database}`,
      embedded: null,
      close: () => client.close(),
    };
  }
  const embedded = await openEmbeddedMongod({
    dataDir: settings.dataDir,
    mongod: settings.mongod,
    download: settings.mongodDownload,
    onProgress: options.onProgress,
    signal: options.signal,
  });
  const database = settings.database ?? defaultDatabase;
  try {
    const client = await connectClient(embedded.uri);
    return {
      client,
      database,
      place: `${embedded.dataDir} (${describeEmbedded(embedded, client)})`,
      embedded,
      async close() {
        await client.close();
        await embedded.stop();
      },
    };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

/** With the address that any driver or shell takes, and finds no other host by. */
function describeEmbedded({ version, owned }: EmbeddedMongod, { options }: MongoConnection): string {
  const address = `mongodb://${options.hosts.join(',')}/?directConnection=true`;
  return `embedded MongoDB ${version}${owned ? '' : ', joined'}, ${address}`;
}

/** The driver's messages name hosts and reasons, never credentials. */
function explainNoAnswer(error: unknown): never {
  const reason = error instanceof Error ? error.message : 'unknown';
  throw new Error(`MONGODB_URI: no MongoDB could be reached: ${reason}`, { cause: error });
}
