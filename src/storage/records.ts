/**
 * What lies in the database. `files`, `attachments` and the bucket are promised to foreign readers and writers
 * (docs/data-model.md); the rest is ours to change.
 */
import type { Binary, Long, ObjectId } from 'mongodb';

export interface FileRecord {
  readonly _id: string;
  readonly blobId: ObjectId;
  readonly filename: string | null;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  readonly owner: string | null;
  readonly visibility: 'PUBLIC' | 'PRIVATE';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly keep: boolean;
  readonly uploadedAt: Date;
  readonly refCount: number;
  /** Set exactly when refCount is 0 and keep is false. */
  readonly unreferencedSince?: Date;
  /** How often the signed URLs of the file were revoked; absent: never. */
  readonly urlEpoch?: number;
}

export interface AttachmentRecord {
  readonly _id: ObjectId;
  readonly fileId: string;
  readonly collection: string;
  readonly documentId: string;
  readonly field: string;
  readonly attachedAt: Date;
  /**
   * Of the file, which never changes it; empty where it has none. Absent in what foreign writers attach: then the file
   * says. It stands here so that a user's holds are found without a look at everybody's.
   */
  readonly owner?: string | null;
  /** Counts repeats inside callers' transactions, so that they conflict with a detach. No meaning beyond that. */
  readonly confirmations?: number;
}

export interface DocumentLockRecord {
  /** With an owner: of what that user does to its own files. */
  readonly _id: { readonly collection: string; readonly documentId: string; readonly owner?: string };
  readonly writes: number;
  readonly touchedAt: Date;
}

export interface UploadUrlRecord {
  readonly _id: string;
  readonly expiresAt: Date;
  /** The attempt that has claimed it last. */
  readonly blobId: ObjectId | null;
  /** What it has stored. */
  readonly fileId: string | null;
  /** The SHA-256 and size of what it has stored: a repeat is known by them even after the file is gone. */
  readonly sha256: string | null;
  readonly size: number | null;
  /** The code of the last attempt that failed. */
  readonly error: string | null;
  readonly maxSize: number;
  readonly contentTypes: readonly string[];
  readonly expectedSha256: string | null;
  readonly filename: string | null;
  readonly visibility: 'PUBLIC' | 'PRIVATE';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly keep: boolean;
  readonly owner: string | null;
  readonly attachTo: {
    readonly collection: string;
    readonly documentId: string;
    readonly field: string;
    readonly replace: boolean;
    /** Absent in records of an earlier version: null. */
    readonly onlyOwner?: string | null;
  } | null;
  /** The ID of the caller that made it: it and admins may see it. Absent in records of an earlier version. */
  readonly maker?: string;
}

/** GridFS's `files` collection (GridFS specification). Live blobs only. */
export interface BlobRecord {
  readonly _id: ObjectId;
  readonly length: number | Long;
  readonly chunkSize: number;
  readonly uploadDate: Date;
  /** The SHA-256. */
  readonly filename: string;
  readonly metadata: {
    /** Null: known to be damaged, and so off the index by which equal uploads find it. */
    readonly sha256: string | null;
    readonly fileCount: number;
  };
}

/** GridFS's `chunks` collection. */
export interface ChunkRecord {
  readonly _id: ObjectId;
  readonly files_id: ObjectId;
  readonly n: number;
  readonly data: Binary;
}

export type LeaseState = 'writing' | 'abandoned' | 'remembered' | 'deleted';

/** Chunks under this blobId may exist, but are not live. */
export interface LeaseRecord {
  readonly _id: ObjectId;
  readonly why: LeaseState;
  readonly until: Date;
  /** When it came to its present state. */
  readonly since: Date;
  readonly receivedBytes: number;
  readonly progressAt: Date;
}

export interface IdempotencyKeyRecord {
  /** The caller's ID, and the key that it gave. */
  readonly _id: { readonly caller: string; readonly key: string };
  readonly fileId: string;
  /** SHA-256 over the input, and over the bytes. */
  readonly inputHash: string;
  readonly sha256: string;
  readonly createdAt: Date;
}

export interface SigningKeyRecord {
  readonly _id: string;
  readonly secret: string;
  readonly createdAt: Date;
}

/** Credentials of an app or an admin. The secret is not here: only what tells that it is the right one. */
export interface ApiKeyRecord {
  readonly _id: string;
  readonly name: string;
  readonly role: 'app' | 'admin';
  /** SHA-256 of the secret in lower-case hex. The secret is 256 random bits: there is nothing to guess. */
  readonly secretHash: string;
  readonly createdAt: Date;
  /** Since then it is not valid. */
  readonly revokedAt?: Date;
}

export interface MarkerRecord {
  readonly _id: 'gridhold';
  readonly format: number;
  /** When collecting files began: the first attachment that was seen. */
  readonly collectingSince?: Date;
}
