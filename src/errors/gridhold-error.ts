/** The error class that may be shown to clients, and the details that programs read of it. Its codes are codes.ts. */
import { type ErrorCode, errorCodes } from './codes.ts';

/** A document's hold on a file, as errors name it. */
export interface HeldBy {
  readonly collection: string;
  readonly documentId: string;
  readonly field: string;
}

/** What a client may read by machine, under the same keys in GraphQL's `extensions` and in problem+json. */
export interface ErrorDetails {
  /** The limit in bytes that was passed. */
  readonly maxSize?: number;
  readonly declared?: string | null;
  readonly detected?: string | null;
  readonly allowed?: readonly string[];
  /** Up to ten of the holders, with FILE_IN_USE. */
  readonly documents?: readonly HeldBy[];
  /** How many documents' fields hold the file, with FILE_IN_USE. */
  readonly refCount?: number;
  /** The missing ones, where many were named. */
  readonly fileIds?: readonly string[];
  /** Seconds; becomes `Retry-After` by HTTP. */
  readonly retryAfter?: number;
  /** Methods, with METHOD_NOT_ALLOWED; becomes `Allow`. */
  readonly allow?: readonly string[];
  /** The file's size in bytes, with RANGE_NOT_SATISFIABLE; becomes `Content-Range`. */
  readonly size?: number;
}

/** Messages name what was wrong, and that is the client's: it may be long. */
const mostCharacters = 1_000;

/**
 * An error that is meant for a client: its message is safe to show and names what was wrong. Everything else that is
 * thrown is a fault of ours, is logged once, and shows its request ID only.
 */
export class GridholdError extends Error {
  override readonly name = 'GridholdError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(message.length > mostCharacters ? shortened(message) : message, options);
    this.code = code;
    this.details = details;
  }

  /** The HTTP status that goes with the code. */
  get status(): number {
    return errorCodes[this.code].status;
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }
}

/** Shorthand for the commonest refusal. */
export function badInput(message: string): GridholdError {
  return new GridholdError('BAD_USER_INPUT', message);
}

/** Not within a character of two halves: half a surrogate pair is no text that every reader of JSON takes (RFC 8259, 8.2). */
function shortened(message: string): string {
  return `${message.slice(0, mostCharacters).replace(/[\ud800-\udbff]$/, '')}…`;
}
