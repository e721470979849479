/** What the edges and the rules promise each other about bytes on their way in, and what becomes of them. */
import type { StoredFile } from './model.ts';

/** The bytes of one file on their way in. */
export interface IncomingBytes {
  /**
   * The body. Iteration is the request for bytes (an edge may send `100 Continue` when it begins), is never begun if
   * the upload is refused before its body, and applies backpressure. It must throw if the client breaks off or the
   * announced length is not reached: a source that ends cleanly is a whole file.
   */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The `Content-Type` as sent; null, unparsable and curl's form default count as silence. */
  readonly declaredType: string | null;
  /** Bytes, where the client told before sending. */
  readonly declaredLength: number | null;
  /** The name that counts only where the input or the upload URL gives none. */
  readonly filename: string | null;
  /** The announced SHA-256 (`Content-Digest`, RFC 9530) in lower-case hex. */
  readonly sha256: string | null;
}

export interface StoreResult {
  readonly file: StoredFile;
  /** False where the same request had stored it before: 200 instead of 201. */
  readonly created: boolean;
}

/**
 * Bytes that are in storage under a lease, but not yet a file. Staging goes on in the background from the moment it is
 * begun; `storeStaged` waits for it. Whoever stages must discard, whatever happened in between.
 */
export interface StagedFile {
  /** Lowers the limit (bytes) of a running stage: passing it ends the stage at once with FILE_TOO_LARGE. */
  limit(maxSize: number): void;
  /** Settles when the stage has ended either way; never rejects. */
  readonly settled: Promise<void>;
  /** Lets go of bytes that no file took. Safe to repeat, and after `storeStaged`. Never rejects. */
  discard(): Promise<void>;
}
