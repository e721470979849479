/**
 * `gridhold get ID`: the bytes of a file, to stdout or to a file, checked by their SHA-256. What fails on the way for a
 * passing reason goes on where it was. A file takes its name when it is whole: get-output.ts.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { formatBytes } from '../config/units.ts';
import { library } from '../domain/callers.ts';
import type { StoredFile } from '../domain/model.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import type { Gridhold } from '../gridhold.ts';
import { MissingChunkError } from '../storage/chunk-reader.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { fileOutput, type GetOutput, OutputError, stdoutOutput } from './get-output.ts';
import { errorForScripts, onOneLine, type Printing } from './printing.ts';
import { createProgressBar } from './progress-bar.ts';
import { type Retrying, withRetries } from './retry.ts';
import { stopSignal } from './stop-signal.ts';
import { storedLine } from './stored-line.ts';
import { isShownAsText } from './text-types.ts';
import { type OpenedGridhold, withGridhold } from './with-gridhold.ts';

export interface GetArguments {
  readonly id: string;
  /** `-` is stdout, whatever that is; null: stdout, unless bytes would garble a terminal. */
  readonly output: string | null;
  readonly isContinued: boolean;
  readonly json: boolean;
}

/** Bytes are not what they should be; nothing that looks whole is left. */
class WrongBytesError extends Error {
  override readonly name = 'WrongBytesError';
}

class WrongUsageError extends Error {
  override readonly name = 'WrongUsageError';
}

export async function runGet(settings: Settings, given: GetArguments, printing: Printing): Promise<ExitCode> {
  const { id, output, json } = given;
  const { print, progress } = printing;
  const isToStdout = output === null || output === '-';
  const { signal } = stopSignal();
  return await withGridhold(settings, { onProgress: progress, mayCreate: false, signal }, async (opened) => {
    try {
      const file = await getFile(opened, given, { signal, progress });
      if (json && output !== null) print(storedLine(opened.gridhold, settings, file, output));
      return exitCodes.fine;
    } catch (error) {
      // Whoever read our output and went has what it wanted (`| head`).
      if (isToStdout && error instanceof OutputError && error.code === 'EPIPE') return exitCodes.fine;
      if (json) print(JSON.stringify({ id, path: output, error: errorForScripts(error) }));
      progress(error instanceof Error ? error.message : String(error));
      return exitCodeFor(error);
    }
  });
}

async function getFile(
  { gridhold, place }: OpenedGridhold,
  { id, output, isContinued }: GetArguments,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Printing['progress'] },
): Promise<StoredFile> {
  const isToStdout = output === null || output === '-';
  const bar = createProgressBar(isToStdout ? id : onOneLine(basename(output)), formatBytes);
  const retrying: Retrying = {
    signal,
    onRetry: (error, next) => bar.above(() => progress(`${error.message}; going on ${next}`)),
  };
  const file = await withRetries(() => existing(gridhold, id, place), retrying);
  const isOnTerminal = isToStdout && process.stdout.isTTY;
  if (output === null && isOnTerminal && !isShownAsText(file.contentType)) {
    throw new WrongUsageError(
      `${id} is ${file.contentType}, which a terminal can't show: -o FILE, or -o - to have it there all the same`,
    );
  }
  const hash = createHash('sha256');
  const target = isToStdout
    ? stdoutOutput(process.stdout)
    : await fileOutput(output, id, { isContinued, hash });
  let position = target.startsAt;
  try {
    checkLength(target, file);
    const readOn = async (progressed: () => void): Promise<void> => {
      const now = position === target.startsAt ? file : await existing(gridhold, id, place);
      if (position >= file.size) return;
      for await (const bytes of gridhold.useCases.readBytes(
        now,
        { start: position, end: file.size - 1 },
        signal,
      )) {
        signal.throwIfAborted();
        await target.write(bytes);
        hash.update(bytes);
        position += bytes.byteLength;
        progressed();
        if (!isOnTerminal) bar.set(position, file.size);
      }
    };
    await withRetries(readOn, retrying).catch((error) => explainMissing(gridhold, file, error));
    checkHash(target, file, hash.digest('hex'));
    await target.finish();
    return file;
  } catch (error) {
    const mayGoOn = exitCodeFor(error) === exitCodes.couldNotRun && position > 0;
    if (target.part !== null && mayGoOn) {
      bar.above(() =>
        progress(`${target.part} has ${formatBytes(position)}: the same with --continue goes on there`),
      );
    }
    if (!mayGoOn) await target.discard();
    throw error;
  } finally {
    bar.end();
    await target.close();
  }
}

async function existing({ useCases }: Gridhold, id: string, place: string): Promise<StoredFile> {
  const [file] = await useCases.filesByIds([id], library);
  if (file) return file;
  throw new GridholdError('FILE_NOT_FOUND', `There is no file ${id.slice(0, 64)} in ${place}`);
}

function checkLength(target: GetOutput, { id, size }: StoredFile): void {
  if (target.startsAt <= size) return;
  throw new WrongBytesError(
    `${target.part} had ${target.startsAt} bytes, more than the ${size} of ${id}: removed`,
  );
}

function checkHash(target: GetOutput, { id, sha256 }: StoredFile, received: string): void {
  if (received === sha256) return;
  throw new WrongBytesError(
    target.startsAt > 0
      ? `${target.part} did not begin with the bytes of ${id}: removed; get it again from its beginning`
      : `The bytes of ${id} hash to ${received} instead of ${sha256}: they are damaged in storage`,
  );
}

/** Damaged, or only deleted while it was read. */
async function explainMissing(gridhold: Gridhold, { id }: StoredFile, error: unknown): Promise<never> {
  if (!(error instanceof MissingChunkError)) throw error;
  const [file] = await gridhold.useCases.filesByIds([id], library);
  if (!file) throw new GridholdError('FILE_NOT_FOUND', `${id} was deleted meanwhile`, {}, { cause: error });
  throw new WrongBytesError(`Bytes of ${id} are missing in storage: ${error.message}`, { cause: error });
}

function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof WrongUsageError) return exitCodes.wrongUsage;
  if (error instanceof WrongBytesError) return exitCodes.foundSomething;
  const isMissing = error instanceof GridholdError && error.code === 'FILE_NOT_FOUND';
  return isMissing ? exitCodes.foundSomething : exitCodes.couldNotRun;
}
