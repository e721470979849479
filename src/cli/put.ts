/**
 * `gridhold put FILE…`: one file after the other, each under an idempotency key made before the first try, so that a
 * repeat stores it once. Broken off, it has stored the files that it told of, and perhaps the one that it was at; what
 * was written of that one otherwise is removed at once, or by a sweep where the process died.
 */
import { randomUUID } from 'node:crypto';
import type { Settings } from '../config/settings.ts';
import { formatBytes } from '../config/units.ts';
import { library } from '../domain/callers.ts';
import type { StoredFile, StoreFileInput } from '../domain/model.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { errorForScripts, onOneLine, type Printing } from './printing.ts';
import { createProgressBar } from './progress-bar.ts';
import { openSource, type PutSource, SourceError } from './put-source.ts';
import { withRetries } from './retry.ts';
import { stopSignal } from './stop-signal.ts';
import { storedLine } from './stored-line.ts';
import { textTypeOf } from './text-types.ts';
import { type OpenedGridhold, withGridhold } from './with-gridhold.ts';

export interface PutArguments {
  readonly paths: readonly string[];
  /** For each of the files. */
  readonly input: StoreFileInput;
  /** Null: by the bytes, and of text by the name's ending. */
  readonly contentType: string | null;
  readonly json: boolean;
}

export async function runPut(settings: Settings, given: PutArguments, printing: Printing): Promise<ExitCode> {
  const { print, progress } = printing;
  const { signal } = stopSignal();
  return await withGridhold(settings, { onProgress: progress, mayCreate: true, signal }, async (opened) => {
    const { gridhold } = opened;
    let exitCode: ExitCode = exitCodes.fine;
    for (const [index, path] of given.paths.entries()) {
      try {
        const file = await putOne(opened, path, given, { signal, progress });
        print(given.json ? storedLine(gridhold, settings, file, path) : `${file.id} ${onOneLine(path)}`);
      } catch (error) {
        if (given.json) print(JSON.stringify({ path, error: errorForScripts(error) }));
        progress(`${onOneLine(path)}: ${messageOf(error)}`);
        exitCode = exitCodeFor(error);
        if (isOfThisFile(error)) continue;
        const left = given.paths.slice(index + 1);
        if (left.length > 0) progress(`Not tried: ${left.map(onOneLine).join(', ')}`);
        break;
      }
    }
    return exitCode;
  });
}

async function putOne(
  { gridhold }: OpenedGridhold,
  path: string,
  given: PutArguments,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Printing['progress'] },
): Promise<StoredFile> {
  const source = await openSource(path);
  const idempotencyKey = given.input.idempotencyKey ?? `put-${randomUUID()}`;
  const filename = given.input.filename ?? source.filename;
  const bar = createProgressBar(onOneLine(filename ?? path), formatBytes);
  const attempt = async (): Promise<StoredFile> => {
    const incoming = {
      bytes: counted(source, signal, (done) => source.size && bar.set(done, source.size)),
      declaredType: given.contentType ?? (filename === null ? null : textTypeOf(filename)),
      declaredLength: source.size,
      filename: source.filename,
      sha256: null,
    };
    const input = { ...given.input, idempotencyKey };
    return (await gridhold.useCases.storeFile(incoming, input, library)).file;
  };
  try {
    return await withRetries(attempt, {
      signal,
      canRepeat: () => source.canRepeat(),
      onRetry: (error, next) =>
        bar.above(() => progress(`${onOneLine(path)}: ${error.message}; again ${next}`)),
    });
  } catch (error) {
    throw explained(error, source, idempotencyKey);
  } finally {
    bar.end();
    await source.close();
  }
}

async function* counted(
  source: PutSource,
  signal: AbortSignal,
  tell: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  let done = 0;
  for await (const bytes of source.read(signal)) {
    yield bytes;
    done += bytes.byteLength;
    tell(done);
  }
}

/** A source's own failure comes wrapped as a body that broke off; a stream is gone once it was read. */
function explained(error: unknown, source: PutSource, idempotencyKey: string): unknown {
  if (!(error instanceof GridholdError)) return error;
  if (error.cause instanceof SourceError) return error.cause;
  if (!error.retryable || source.canRepeat()) return error;
  const advice = `it was read and can't be repeated from here; give the same bytes and options again with --idempotency-key ${idempotencyKey}, and they are stored once`;
  return new GridholdError(error.code, `${error.message}; ${advice}`, error.details, { cause: error });
}

/** Whether the next file may fare better. */
function isOfThisFile(error: unknown): boolean {
  return exitCodeFor(error) === exitCodes.foundSomething;
}

function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof SourceError) return exitCodes.foundSomething;
  if (!(error instanceof GridholdError)) return exitCodes.couldNotRun;
  if (error.code === 'BAD_USER_INPUT') return exitCodes.wrongUsage;
  const isOfStorage =
    error.retryable || error.code === 'STORAGE_FULL' || error.code === 'INTERNAL_SERVER_ERROR';
  return isOfStorage ? exitCodes.couldNotRun : exitCodes.foundSomething;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
