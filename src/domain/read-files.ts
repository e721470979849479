/** Files by their IDs, for lists and for serving. */
import { findFiles } from '../storage/files.ts';
import type { FileRecord } from '../storage/records.ts';
import type { DomainContext } from './context.ts';
import { isFileId } from './ids.ts';
import type { StoredFile } from './model.ts';
import { toStoredFile } from './to-model.ts';

export async function filesByIds(
  context: DomainContext,
  ids: readonly string[],
): Promise<readonly (StoredFile | null)[]> {
  const records = await findFiles(context.store, [...new Set(ids.filter(isFileId))]);
  const files = await Promise.all(records.map((record) => toStoredFile(context, record)));
  const byId = new Map(files.map((file) => [file.id, file]));
  return ids.map((id) => byId.get(id) ?? null);
}

const mostIdsPerCommand = 500;

/**
 * A look-up that concurrent requests share: those that come while a command is under way are asked together in the
 * next one, so that each answer rests on a read that began after its request arrived.
 */
export function createSharedLookup(context: DomainContext): (id: string) => Promise<StoredFile | null> {
  type Waiting = {
    readonly id: string;
    resolve(record: FileRecord | null): void;
    reject(error: unknown): void;
  };
  let waiting: Waiting[] = [];
  let isRunning = false;

  const run = async (): Promise<void> => {
    isRunning = true;
    // Bounded by the requests that wait: each round takes all that came before it.
    while (waiting.length > 0) {
      const asked = waiting.slice(0, mostIdsPerCommand);
      waiting = waiting.slice(mostIdsPerCommand);
      try {
        const records = await findFiles(context.store, [...new Set(asked.map(({ id }) => id))]);
        const byId = new Map(records.map((record) => [record._id, record]));
        for (const { id, resolve } of asked) resolve(byId.get(id) ?? null);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    isRunning = false;
  };

  return async (id) => {
    if (!isFileId(id)) return null;
    const record = await new Promise<FileRecord | null>((resolve, reject) => {
      waiting.push({ id, resolve, reject });
      // After this turn of the event loop, so that requests that arrived together are asked together.
      if (!isRunning) {
        isRunning = true;
        setImmediate(() => void run());
      }
    });
    return record && (await toStoredFile(context, record));
  };
}
