/** What the environment says about an example: the only file of the examples' servers that reads it. */
import type { MongodDownload } from 'gridhold/embedded';
import { ExampleError } from './run-server.ts';

export interface ExampleSettings {
  /** 0 takes a free one. */
  readonly port: number;
  /** A replica set; null where a MongoDB is to be brought along. */
  readonly mongodbUri: string | null;
  readonly database: string;
  /** The mongod to bring along; null: found or fetched. */
  readonly mongod: string | null;
  /** How a missing one may be fetched. */
  readonly mongodDownload: MongodDownload;
}

/** @param name of the example, and of its database where none is given */
export function readSettings(name: string): ExampleSettings {
  return {
    port: readPort('PORT', 3000),
    mongodbUri: readText('MONGODB_URI'),
    database: readText('EXAMPLE_DATABASE') ?? name,
    mongod: readText('GRIDHOLD_MONGOD') ?? readText('MONGOMS_SYSTEM_BINARY'),
    mongodDownload: readDownload('GRIDHOLD_MONGOD_DOWNLOAD'),
  };
}

/** Null where it is missing or empty. */
export function readText(key: string): string | null {
  return process.env[key]?.trim() || null;
}

/** @throws ExampleError */
export function readPort(key: string, otherwise: number): number {
  const text = readText(key);
  if (text === null) return otherwise;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new ExampleError(`${key}: must be a port from 0 to 65535, not ${text}`);
  return port;
}

function readDownload(key: string): MongodDownload {
  const text = readText(key) ?? 'on';
  if (text === 'on' || text === 'pypi' || text === 'off') return text;
  throw new ExampleError(`${key}: must be on, pypi or off, not ${text}`);
}
