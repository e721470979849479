/**
 * Where `gridhold get` puts bytes. A file is written under another name, `FILE.file_….part`, and takes its own once it
 * is whole and checked: what dies before leaves the part, with which `--continue` goes on. What can't be renamed to (a
 * stream, a device) is written straight.
 */
import type { Hash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';

/** What this machine would not take; the file is named. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  /** The system's, such as `ENOSPC`; null where it is ours. */
  readonly code: string | null;

  constructor(message: string, code: string | null = null, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface GetOutput {
  /** Of the bytes before this one are there. */
  readonly startsAt: number;
  /** What people look for after an end before the end; null where nothing stays. */
  readonly part: string | null;
  write(bytes: Uint8Array): Promise<void>;
  /** The bytes were whole and right. */
  finish(): Promise<void>;
  /** They were wrong: nothing of them is to be built on. */
  discard(): Promise<void>;
  close(): Promise<void>;
}

export function stdoutOutput(stream: NodeJS.WriteStream): GetOutput {
  return {
    startsAt: 0,
    part: null,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(explained('stdout', error)) : resolve()));
      }),
    finish: async () => undefined,
    discard: async () => undefined,
    close: async () => undefined,
  };
}

/**
 * @param hash is given what is there already, where it goes on
 * @throws OutputError
 */
export async function fileOutput(
  path: string,
  id: string,
  { isContinued, hash }: { readonly isContinued: boolean; readonly hash: Hash },
): Promise<GetOutput> {
  try {
    // A link is written through, as cp does.
    const target = await realpath(path).catch(() => path);
    const there = await stat(target).catch(() => null);
    if (there?.isDirectory()) throw new OutputError(`${path}: is a directory`, 'EISDIR');
    if (there && !there.isFile()) return straightOutput(path, await open(target, 'w'));
    return await partOutput(target, `${target}.${id}.part`, { isContinued, hash, mode: modeOf(there) });
  } catch (error) {
    throw explained(path, error);
  }
}

/** Who may read what stands there: nobody more may read what takes its place. Null: nothing stands there. */
const modeOf = (there: Stats | null): number | null => there && (there.mode & 0o777) | 0o600;

interface PartOptions {
  readonly isContinued: boolean;
  readonly hash: Hash;
  /** Null: as the system makes files. */
  readonly mode: number | null;
}

async function partOutput(
  target: string,
  part: string,
  { isContinued, hash, mode }: PartOptions,
): Promise<GetOutput> {
  if (!isContinued) await rm(part, { force: true });
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  // A part is ours: what somebody else's link of that name leads to is not written to.
  const flags = O_RDWR | O_CREAT | O_NOFOLLOW | (isContinued ? 0 : O_EXCL);
  const handle = await open(part, flags, mode ?? undefined);
  let position = 0;
  if (isContinued) {
    for await (const bytes of handle.createReadStream({ autoClose: false, start: 0 })) {
      hash.update(bytes);
      position += bytes.byteLength;
    }
  }
  return {
    startsAt: position,
    part,
    async write(bytes) {
      await writeAll(part, handle, bytes, position);
      position += bytes.byteLength;
    },
    async finish() {
      try {
        // The name must not come before the bytes, should the machine lose its power.
        await handle.sync();
        const [own, named] = [await handle.stat(), await stat(part).catch(() => null)];
        if (own.ino !== named?.ino || own.dev !== named.dev) {
          throw new OutputError(`${part}: another get has taken its place`);
        }
        await rename(part, target);
      } catch (error) {
        throw explained(target, error);
      }
    },
    discard: () => rm(part, { force: true }),
    close: () => handle.close(),
  };
}

function straightOutput(path: string, handle: FileHandle): GetOutput {
  return {
    startsAt: 0,
    part: null,
    write: (bytes) => writeAll(path, handle, bytes, null),
    finish: async () => undefined,
    discard: async () => undefined,
    close: () => handle.close(),
  };
}

async function writeAll(
  path: string,
  handle: FileHandle,
  bytes: Uint8Array,
  position: number | null,
): Promise<void> {
  try {
    for (let written = 0; written < bytes.byteLength; ) {
      const at = position === null ? null : position + written;
      written += (await handle.write(bytes, written, bytes.byteLength - written, at)).bytesWritten;
    }
  } catch (error) {
    throw explained(path, error);
  }
}

function explained(path: string, error: unknown): OutputError {
  if (error instanceof OutputError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  const message = error instanceof Error ? error.message : String(error);
  return new OutputError(`${path}: can't be written: ${message}`, code, { cause: error });
}
