/** The contract of the search for a mongod: each step is one function from options to an attempt. */
import type { MongodDownload } from '../embedded-mongod.ts';
import type { PinnedData } from './mongod-version.ts';

export interface MongodBinary {
  /** A path, or the name of a program on PATH. */
  readonly path: string;
  readonly version: string;
}

export interface SearchOptions {
  /** The program that somebody named; it is used or refused, and nothing else is looked for. */
  readonly named: string | null;
  readonly download: MongodDownload;
  /** Null: there is no data yet. */
  readonly pinned: PinnedData | null;
  readonly onProgress?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A program that runs and may open the data, or why there is none here. Steps reject only if the signal ends them. */
export type Attempt = { readonly found: MongodBinary } | { readonly reason: string };
