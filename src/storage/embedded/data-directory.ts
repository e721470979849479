/**
 * The layout of the data directory, and the record in it that pins the data to a release of MongoDB and tells other
 * processes where the mongod answers. The record is a hint, never a lock: the lock is mongod's own, and the kernel
 * lets go of it.
 */
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EmbeddedMongodError } from './embedded-mongod.ts';

export interface DataDirectory {
  readonly path: string;
  /** mongod's own. */
  readonly databasePath: string;
  readonly logPath: string;
  readonly recordPath: string;
}

const recordSchema = z.object({
  /** Of the mongod that ran last. */
  version: z.string(),
  /** The format of the data, as MongoDB names it: a release, such as `6.0`. */
  fcv: z.string(),
  pid: z.number().int(),
  port: z.number().int(),
  /** The process that started it and takes it along. */
  ownerPid: z.number().int(),
  binary: z.string(),
  /** Tells this replica set from any other. */
  replicaSetId: z.string(),
});

export type MongodRecord = z.infer<typeof recordSchema>;

export async function prepareDataDirectory(dataDir: string): Promise<DataDirectory> {
  const wanted = resolve(dataDir);
  try {
    const isNew = (await mkdir(wanted, { recursive: true, mode: 0o700 })) !== undefined;
    // Data lies in a project's folder by default, and belongs in nobody's repository.
    if (isNew) await writeFile(join(wanted, '.gitignore'), '*\n');
    // Compared with what a running mongod calls it, so the one true name.
    const path = await realpath(wanted);
    const databasePath = join(path, 'mongodb');
    await mkdir(databasePath, { recursive: true, mode: 0o700 });
    return {
      path,
      databasePath,
      logPath: join(path, 'mongod.log'),
      recordPath: join(path, 'gridhold-mongod.json'),
    };
  } catch (error) {
    throw unusable(wanted, error);
  }
}

/**
 * For whoever is to run a mongod there: one that can't write its log ends without a word, and the record of one that runs
 * could not be written. @throws EmbeddedMongodError
 */
export async function checkWritable({ path, databasePath, logPath }: DataDirectory): Promise<void> {
  try {
    for (const folder of [path, databasePath]) await access(folder, constants.R_OK | constants.W_OK);
    await (await open(logPath, 'a', 0o600)).close();
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Whether a mongod has ever kept anything there. Makes nothing. @throws EmbeddedMongodError where nobody can tell */
export async function holdsDatabase(dataDir: string): Promise<boolean> {
  const databasePath = join(resolve(dataDir), 'mongodb');
  try {
    return (await readdir(databasePath)).length > 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw unusable(resolve(dataDir), error);
  }
}

/** Null where there is none. */
export async function readRecord(directory: DataDirectory): Promise<MongodRecord | null> {
  const text = await readFile(directory.recordPath, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new EmbeddedMongodError(`${directory.recordPath} can't be read: ${messageOf(error)}`, {
      cause: error,
    });
  });
  if (text === null) return null;
  const record = recordSchema.safeParse(parseJson(text));
  if (record.success) return record.data;
  // To go on without it would open the data with whatever MongoDB comes first.
  throw new EmbeddedMongodError(
    `${directory.recordPath} is not what Gridhold wrote. Restore it, or move the directory away to start anew.`,
  );
}

/** In one step: a reader sees the old one or the new one. */
export async function writeRecord(directory: DataDirectory, record: MongodRecord): Promise<void> {
  const temporary = `${directory.recordPath}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  await rename(temporary, directory.recordPath);
}

/** Whether two paths are one folder, by what the file system says. */
export async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)));
  return first != null && second != null && first.ino === second.ino && first.dev === second.dev;
}

function unusable(path: string, cause: unknown): EmbeddedMongodError {
  return new EmbeddedMongodError(`The data directory ${path} can't be used: ${messageOf(cause)}`, { cause });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
