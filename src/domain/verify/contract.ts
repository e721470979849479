/**
 * The contract of verify: what it finds, and what a rule is. A rule reads pages and makes claims; a claim is a finding
 * only once a snapshot transaction of its own has seen it again, so that nothing under way is taken for a fault.
 */
import type { RecordKey } from '../../storage/inspect/record-keys.ts';
import type { Scope } from '../../storage/transaction.ts';
import type { DomainContext } from '../context.ts';

/** The invariants by their numbers (README: What verify finds). */
export type RuleNumber = 1 | 2 | 3 | 4 | 5;

export interface Finding {
  readonly rule: RuleNumber;
  /** 1: the file's ID. 2: the attachment's `_id`. 3, 4 and 5: the blobId. */
  readonly id: string;
  readonly detail: string;
  /** Whether repair can mend it, as things are. */
  readonly fixable: boolean;
  /** Where repair was asked for: whether all is well now, and what was done, or why nothing. */
  readonly repaired?: boolean;
  readonly repair?: string;
}

export interface VerifyOptions {
  /** Hashes every live blob. */
  readonly deep?: boolean | undefined;
  readonly repair?: boolean | undefined;
  /** A position that an earlier run has come to. @throws BAD_USER_INPUT where it is none */
  readonly resume?: string | undefined;
  /** Ends it at the next page, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each page: all that was found before this position has been given out. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** What could not be decided, because MongoDB was too busy: neither a finding nor none. */
  readonly onUndecided?: ((undecided: Undecided) => void) | undefined;
}

export interface VerifyProgress {
  /** Where to go on; null: at the end. */
  readonly position: string | null;
  /** Records, and about how many there are. */
  readonly done: number;
  readonly total: number;
  readonly looked: Looked;
}

/** Records that this run has looked at. */
export interface Looked {
  readonly files: number;
  readonly attachments: number;
  readonly blobs: number;
  readonly chunks: number;
}

export interface Undecided {
  readonly rule: RuleNumber;
  readonly id: string;
  readonly reason: string;
}

/** What is wrong, as one snapshot shows it. */
export interface Wrong {
  readonly detail: string;
  readonly fixable: boolean;
}

export interface Repaired {
  readonly repaired: boolean;
  readonly repair: string;
}

export interface Claim {
  readonly rule: RuleNumber;
  readonly id: string;
  /** In a snapshot transaction. Null: it is not so, or not any more. MongoDB may have it run several times. */
  check(scope: Scope): Promise<Wrong | null>;
  /** What only a longer look can tell: where the bytes are read. */
  look?(wrong: Wrong): Promise<Wrong>;
  /** Small transactions that each check again; safe to die in, and to repeat. */
  repair(): Promise<Repaired>;
}

export interface VerifyRun {
  readonly context: DomainContext;
  readonly deep: boolean;
  readonly repair: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface ClaimPage {
  readonly claims: () => AsyncGenerator<Claim, void, void>;
  /** Where the next page begins; null: this was the last. */
  readonly next: RecordKey | null;
  readonly looked: Partial<Looked>;
}

/** One walk over records that share a key, for one rule or for two. */
export interface Walk {
  /** The first of its rules: positions name it. */
  readonly number: RuleNumber;
  /** Bounded in memory on both sides, whatever lies there. */
  readPage(run: VerifyRun, from: RecordKey | null): Promise<ClaimPage>;
}
