/** The example's MongoDB: the one that MONGODB_URI names, or one that comes along and keeps its data in `.gridhold`. */
import { openEmbeddedMongod } from 'gridhold/embedded';
import { MongoClient } from 'mongodb';
import type { ExampleSettings } from './settings.ts';

const dataDir = '.gridhold';
/** A page that is told "it can't be reached" early is better than one that hangs. */
const serverSelectionTimeoutMS = 5_000;

export interface ExampleMongodb {
  readonly client: MongoClient;
  close(): Promise<void>;
}

/** @param signal ends it where the MongoDB is still being fetched or started */
export async function openMongodb(
  settings: Pick<ExampleSettings, 'mongodbUri' | 'mongod' | 'mongodDownload'>,
  signal: AbortSignal,
): Promise<ExampleMongodb> {
  const embedded =
    settings.mongodbUri === null
      ? await openEmbeddedMongod({
          dataDir,
          mongod: settings.mongod,
          download: settings.mongodDownload,
          onProgress: (line) => process.stderr.write(`${line}\n`),
          signal,
        })
      : null;
  const client = new MongoClient(embedded?.uri ?? settings.mongodbUri ?? '', { serverSelectionTimeoutMS });
  const close = async (): Promise<void> => {
    await client.close();
    await embedded?.stop();
  };
  try {
    await client.connect();
  } catch (error) {
    await close();
    throw error;
  }
  return { client, close };
}
