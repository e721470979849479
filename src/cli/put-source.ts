/**
 * Where `gridhold put` takes the bytes of a file from: a file of this machine, which can be read again, or a stream
 * (stdin, a named pipe), which can't. A file that is not the same at its end as at its beginning is an error.
 */
import { constants, createReadStream, openSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { basename } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';

const pieceBytes = 1024 * 1024;

/** The file itself is the reason: it is named, and the others go on. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code: string | null;

  constructor(message: string, code: string | null = null, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface PutSource {
  /** The name that a file is stored under where none is given. */
  readonly filename: string | null;
  /** Bytes; null where only the end will tell. */
  readonly size: number | null;
  canRepeat(): boolean;
  /** From the beginning, each time. @throws SourceError, or the signal's reason */
  read(signal: AbortSignal): AsyncGenerator<Uint8Array, void, void>;
  close(): Promise<void>;
}

/** @param path `-` is stdin @throws SourceError */
export async function openSource(path: string): Promise<PutSource> {
  if (path === '-') return streamSource(() => process.stdin, null);
  try {
    const there = await stat(path);
    if (there.isDirectory()) throw new SourceError('is a directory', 'EISDIR');
    // Opened once, when it is read: whoever writes to a pipe would lose its reader.
    if (!there.isFile()) return streamSource(() => openStream(path, there.isFIFO()), basename(path));
    const handle = await open(path);
    // Linux says of what it makes as it is read (`/proc`) that it is empty.
    if (there.size === 0 && (await handle.read(Buffer.alloc(1), 0, 1, 0)).bytesRead > 0) {
      await handle.close();
      return streamSource(() => createReadStream(path), basename(path));
    }
    return fileSource(handle, await handle.stat({ bigint: true }), basename(path));
  } catch (error) {
    throw explained(error);
  }
}

interface Snapshot {
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

function fileSource(handle: FileHandle, before: Snapshot, filename: string): PutSource {
  const size = Number(before.size);
  const checkSame = async (): Promise<void> => {
    const now = await handle.stat({ bigint: true });
    if (now.size !== before.size) throw changed(`it had ${size} bytes, and has ${now.size}`);
    if (now.mtimeNs !== before.mtimeNs) throw changed('it was written to');
  };
  return {
    filename,
    size,
    canRepeat: () => true,
    async *read(signal) {
      let position = 0;
      while (position < size) {
        signal.throwIfAborted();
        const length = Math.min(pieceBytes, size - position);
        const { bytesRead, buffer } = await handle
          .read(Buffer.allocUnsafe(length), 0, length, position)
          .catch(rethrowExplained);
        if (bytesRead === 0) throw changed(`it had ${size} bytes, and ends after ${position}`);
        position += bytesRead;
        // Before the last piece is handed on: a file that is refused at its end has been hashed for nothing.
        if (position === size) await checkSame();
        yield buffer.subarray(0, bytesRead);
      }
      if (size === 0) await checkSame();
    },
    close: () => handle.close(),
  };
}

/**
 * A thread that waits in open(2) for somebody to write to a named pipe ends with nothing but a kill. Linux waits in
 * poll(2) as well (fifo(7), pipe(7)), which Ctrl-C ends.
 */
function openStream(path: string, isPipe: boolean): Readable {
  if (!isPipe || process.platform !== 'linux') return createReadStream(path);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

function streamSource(begin: () => Readable, filename: string | null): PutSource {
  let stream: Readable | null = null;
  return {
    filename,
    size: null,
    canRepeat: () => stream === null,
    async *read(signal) {
      stream = addAbortSignal(signal, begin());
      try {
        yield* stream;
      } catch (error) {
        signal.throwIfAborted();
        throw explained(error);
      }
    },
    async close() {
      stream?.destroy();
    },
  };
}

function changed(how: string): SourceError {
  return new SourceError(`changed while it was read: ${how}`);
}

function rethrowExplained(error: unknown): never {
  throw explained(error);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  EISDIR: 'is a directory',
};

function explained(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  const message = error instanceof Error ? error.message : String(error);
  const reason = (code === null ? undefined : reasons[code]) ?? `can't be read: ${message}`;
  return new SourceError(reason, code, { cause: error });
}
