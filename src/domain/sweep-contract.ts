/** What a pass of collecting takes, and what it tells. */

export interface SweepOptions {
  /** Milliseconds; overrides the settings'. */
  readonly unreferencedTtlMs?: number | 'never' | undefined;
  /** Milliseconds; overrides what `deleted` leases were given. */
  readonly chunkDelayMs?: number | undefined;
  /** Lists what is due and changes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SweepReport {
  /** Collected, or due where nothing was to be changed. */
  readonly files: readonly { readonly id: string; readonly unreferencedSince: Date; readonly size: number }[];
  readonly leases: number;
  readonly uploadUrls: number;
  /** Due, but being written by somebody else: the next pass looks again. */
  readonly skipped: number;
  /** True where the pass ended at its bound with more still due. */
  readonly more: boolean;
  /** Null: no file is collected, because this store has never seen an attachment. */
  readonly collectingSince: Date | null;
  /** Collecting began with this pass, or would have: what was let go of before it counts from now on. */
  readonly hasBegun: boolean;
}
