/** Files by their IDs, for lists and for serving. */
import { findFiles } from '../storage/files.ts';
import type { FileRecord } from '../storage/records.ts';
import { seenBy } from './access.ts';
import type { DomainContext } from './context.ts';
import { isFileId } from './ids.ts';
import type { Caller, StoredFile } from './model.ts';
import { toStoredFiles } from './to-model.ts';

export async function filesByIds(
  context: DomainContext,
  ids: readonly string[],
  caller: Caller,
): Promise<readonly (StoredFile | null)[]> {
  const records = await findFiles(context.store, [...new Set(ids.filter(isFileId))]);
  const files = await toStoredFiles(context, records);
  const byId = new Map(files.map((file) => [file.id, file]));
  return ids.map((id) => seenBy(caller, byId.get(id) ?? null));
}

const mostIdsPerCommand = 500;
/** A command that takes longer no longer holds up those behind it: its connection may have gone silent. */
const patienceMs = 250;
const mostCommandsAtOnce = 4;

interface Waiting {
  readonly id: string;
  resolve(record: FileRecord | null): void;
  reject(error: unknown): void;
}

/**
 * A look-up that concurrent requests share: those that come while a command is under way are asked together in the
 * next one, so that each answer rests on a read that began after its request arrived.
 */
export function createSharedLookup(context: DomainContext): (id: string) => Promise<StoredFile | null> {
  let waiting: Waiting[] = [];
  let underWay = 0;
  let isScheduled = false;

  /** After this turn of the event loop, so that requests that arrived together are asked together. */
  const schedule = (): void => {
    if (isScheduled || waiting.length === 0) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      void ask();
    });
  };
  const ask = async (): Promise<void> => {
    const asked = waiting.slice(0, mostIdsPerCommand);
    waiting = waiting.slice(mostIdsPerCommand);
    underWay += 1;
    await answer(context, asked);
    underWay -= 1;
    schedule();
  };

  return async (id) => {
    if (!isFileId(id)) return null;
    const record = await new Promise<FileRecord | null>((resolve, reject) => {
      waiting.push({ id, resolve, reject });
      if (underWay === 0) schedule();
      else setTimeout(() => underWay < mostCommandsAtOnce && schedule(), patienceMs).unref();
    });
    const [file = null] = record ? await toStoredFiles(context, [record]) : [];
    return file;
  };
}

/** Never rejects. */
async function answer(context: DomainContext, asked: readonly Waiting[]): Promise<void> {
  try {
    const records = await findFiles(context.store, [...new Set(asked.map(({ id }) => id))]);
    const byId = new Map(records.map((record) => [record._id, record]));
    for (const { id, resolve } of asked) resolve(byId.get(id) ?? null);
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}
