/** Why a mongod ended before it was ready: another process's was first, or there is an error to be told to people. */
import { open } from 'node:fs/promises';
import type { MongodBinary } from './binary/mongod-binary.ts';
import type { DataDirectory } from './data-directory.ts';
import { EmbeddedMongodError, type MongodExit } from './embedded-mongod.ts';

// mongod's exit codes: src/mongo/util/exit_code.h.
const exitCannotUseDirectory = 100;
const exitPortInUse = 48;
const exitWrongDataFormat = 62;

const mostLogBytes = 65_536;

export type Rival = 'DIRECTORY_IN_USE' | 'PORT_IN_USE';

export interface EndedStart {
  readonly exit: MongodExit;
  readonly binary: MongodBinary;
  readonly directory: DataDirectory;
  /** Where the log ended before this start. */
  readonly logStart: number;
  readonly errorText: string;
}

/** @throws EmbeddedMongodError where trying again would not help */
export async function explainExit(ended: EndedStart): Promise<Rival> {
  const { exit, binary, directory } = ended;
  const log = await readLog(directory, ended.logStart);
  if (exit.code === exitCannotUseDirectory && log.includes('DBPathInUse')) return 'DIRECTORY_IN_USE';
  if (exit.code === exitPortInUse) return 'PORT_IN_USE';
  if (exit.code === exitWrongDataFormat) {
    throw new EmbeddedMongodError(
      `${binary.path} is MongoDB ${binary.version} and can't open the data in ${directory.path}, which is of ` +
        'another release. Data moves up one release at a time (6.0, 7.0, 8.0) and not down.',
    );
  }
  const lastLines = `${ended.errorText}\n${log}`.trim().split('\n').slice(-5).join('\n');
  throw new EmbeddedMongodError(
    `${binary.path} ended while it started (${exit.signal ?? `exit code ${exit.code}`}):\n${lastLines}`,
  );
}

export async function logLength(directory: DataDirectory): Promise<number> {
  const file = await open(directory.logPath, 'r').catch(() => null);
  if (file === null) return 0;
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function readLog(directory: DataDirectory, start: number): Promise<string> {
  const file = await open(directory.logPath, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const position = Math.max(Math.min(start, size), size - mostLogBytes);
    const buffer = Buffer.alloc(size - position);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
