/** What tests of the rules hand to use cases, and how they read what comes back: outcomes as codes, commands as names. */
import type { CommandStartedEvent, Db, MongoClient } from 'mongodb';
import { admin } from '../../src/domain/callers.ts';
import type { IncomingBytes } from '../../src/domain/incoming-bytes.ts';
import type { Caller } from '../../src/domain/model.ts';
import type { ReadRequest } from '../../src/domain/serve-permit.ts';
import type { ErrorCode } from '../../src/errors/codes.ts';
import { GridholdError } from '../../src/errors/gridhold-error.ts';

/** As an app in process. */
export const app: Caller = admin;

/** Who asks for bytes where it does not matter: everything is its to read. */
export const byApp: ReadRequest = { caller: app, permit: null };

/** Bytes on their way in, as an edge would hand them over; `more` says what the request said. */
export function incomingOf(
  bytes: Uint8Array | string | AsyncIterable<Uint8Array>,
  more: Partial<IncomingBytes> = {},
): IncomingBytes {
  const source = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return {
    bytes: source instanceof Uint8Array ? piecesOf(source) : source,
    declaredType: null,
    declaredLength: null,
    filename: null,
    sha256: null,
    ...more,
  };
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const pieceBytes = 65_536;
  for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
    yield bytes.subarray(start, start + pieceBytes);
  }
}

/** A body that must not be asked for. */
export function untouchable(more: Partial<IncomingBytes> = {}): IncomingBytes {
  const bytes = {
    [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
      throw new Error('The body was asked for');
    },
  };
  return incomingOf(bytes, more);
}

/** What follows `/upload/` in an upload URL's path. */
export function tokenOf({ path }: { readonly path: string }): string {
  return path.slice('/upload/'.length);
}

/** How it ended: `OK`, or the code of the refusal. Whatever is no refusal is a fault, and fails the test. */
export async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'OK'> {
  return (await refusalOf(work))?.code ?? 'OK';
}

export async function refusalOf(work: Promise<unknown>): Promise<GridholdError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof GridholdError) return error;
    throw error;
  }
}

/** The commands that a client sent while the work was done, as `name collection`. */
export async function commandsDuring(client: MongoClient, work: () => Promise<unknown>): Promise<string[]> {
  const commands: string[] = [];
  const note = ({ commandName, command }: CommandStartedEvent): void => {
    commands.push(`${commandName} ${String(command[commandName])}`);
  };
  client.on('commandStarted', note);
  try {
    await work();
  } finally {
    client.off('commandStarted', note);
  }
  return commands;
}

/** Holders, one after another: `documentOf('posts', 7)` is the seventh post. */
export function documentOf(
  collection: string,
  number: number | string,
): { collection: string; documentId: string } {
  return { collection, documentId: String(number) };
}

/** A store at rest, as new; when collecting began stays, as it does in every store. */
export async function emptyStore(db: Db): Promise<void> {
  const kept = ['gridhold', 'signingKeys'];
  for (const collection of await db.collections()) {
    if (!kept.includes(collection.collectionName)) await collection.deleteMany({});
  }
}
