/**
 * The words of the domain as types: what use cases take and give. Nothing here knows MongoDB, GraphQL or HTTP.
 */

export type Visibility = 'PUBLIC' | 'PRIVATE';
export type UploadStatus = 'WAITING' | 'RECEIVING' | 'STORED' | 'EXPIRED';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** One storage ID with its metadata and count. Its bytes never change. */
export interface StoredFile {
  /** `file_…` */
  readonly id: string;
  readonly filename: string | null;
  /** A valid media type, parameters included, normalised (WHATWG MIME Sniffing). */
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly uploadedAt: Date;
  readonly visibility: Visibility;
  readonly owner: string | null;
  readonly metadata: JsonObject;
  readonly keep: boolean;
  /** The number of attachments that hold it. */
  readonly refCount: number;
  /** When it may be collected; null while anything holds or keeps it, or nothing is collected. */
  readonly expiresAt: Date | null;
  /** Names the bytes inside storage; never shown to clients. */
  readonly blobId: string;
  /** Signed URLs of an earlier epoch are no longer valid; never shown to clients. */
  readonly urlEpoch: number;
}

/** A document of the app's own: opaque strings of 1 to 200 characters. */
export interface DocumentName {
  readonly collection: string;
  readonly documentId: string;
}

/** One document's hold on one file, in one field. */
export interface Attachment {
  /** Made from the unique key (file, collection, document, field), so that it can be computed and looked up. */
  readonly id: string;
  readonly fileId: string;
  readonly document: DocumentName;
  readonly field: string;
  readonly attachedAt: Date;
}

/** A temporary address that takes the bytes of one file. */
export interface UploadUrl {
  /** `upload_…` */
  readonly id: string;
  /** What follows the public origin: `/upload/…`, signed. Whoever has it may send bytes: never log it. */
  readonly path: string;
  readonly expiresAt: Date;
  readonly status: UploadStatus;
  /** The code of the last attempt that failed. */
  readonly error: string | null;
  /** Bytes: the smaller of the settings' limit when it was made and the one it was made with. */
  readonly maxSize: number;
  /** Patterns such as `image/png` and `image/*`; empty: any. */
  readonly contentTypes: readonly string[];
  readonly receivedBytes: number;
  /** Once STORED; the file may be gone since. */
  readonly fileId: string | null;
}

/** What a caller is, for the table of permissions (access.ts). */
export type Role = 'anonymous' | 'user' | 'app' | 'admin';

/** Who asks. */
export interface Caller {
  readonly role: Role;
  /** A user's name for itself (RFC 7519, `sub`): what it stores is its own. Null for all others. */
  readonly subject: string | null;
  /** Tells callers apart, in logs and limits: `user:…`, `key:…`, `admin`, `library`, `anonymous`. */
  readonly id: string;
}

/** What an app or an admin proves itself by, without its secret. */
export interface ApiKey {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly role: 'app' | 'admin';
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export interface AttachTo {
  readonly document: DocumentName;
  readonly field: string;
  readonly replace: boolean;
  /** Replacing ends only holds on files of this owner; null: on anybody's. */
  readonly onlyOwner: string | null;
}

/** What the stored file shall be, whatever way its bytes come. Absent and null are the same: the default. */
export interface FileInput {
  readonly filename?: string | null | undefined;
  readonly contentTypes?: readonly string[] | null | undefined;
  readonly maxSize?: number | null | undefined;
  readonly sha256?: string | null | undefined;
  readonly visibility?: Visibility | null | undefined;
  readonly metadata?: JsonObject | null | undefined;
  readonly keep?: boolean | null | undefined;
  readonly owner?: string | null | undefined;
  readonly attachTo?: AttachToInput | null | undefined;
}
export interface AttachToInput {
  readonly document: DocumentName;
  readonly field?: string | null | undefined;
  readonly replace?: boolean | null | undefined;
}
export interface GenerateUploadUrlInput extends FileInput {
  /** Seconds, 1 to 604,800. */
  readonly expiresIn?: number | null | undefined;
}
export interface StoreFileInput extends FileInput {
  readonly idempotencyKey?: string | null | undefined;
}
/** Where a file is sent, and how. */
export interface SendFileInput {
  readonly url: URL;
  /** PUT by default. */
  readonly method?: string | null | undefined;
  /** Names and their values. May be secrets: never logged, and told to nobody but this URL's origin. */
  readonly headers?: JsonObject | null | undefined;
}
/** Absent is unchanged; null clears filename and metadata, and is refused elsewhere. */
export interface UpdateFileInput {
  readonly filename?: string | null | undefined;
  readonly visibility?: Visibility | null | undefined;
  readonly metadata?: JsonObject | null | undefined;
  readonly keep?: boolean | null | undefined;
}

export interface FileFilter {
  readonly contentType?: string | null | undefined;
  readonly filename?: string | null | undefined;
  readonly owner?: string | null | undefined;
  readonly visibility?: Visibility | null | undefined;
  readonly referenced?: boolean | null | undefined;
  readonly sha256?: string | null | undefined;
  readonly uploadedAfter?: Date | null | undefined;
  readonly uploadedBefore?: Date | null | undefined;
}
export type FileOrderField = 'UPLOADED_AT' | 'SIZE' | 'FILENAME';
export interface FileOrder {
  readonly field: FileOrderField;
  readonly direction: 'ASC' | 'DESC';
}

/** Relay's four (GraphQL Cursor Connections). first and last default to 20, are at most 100, and exclude each other. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}
export interface Page<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

export interface StorageTotals {
  readonly fileCount: number;
  /** Bytes: the sum of the files' sizes. */
  readonly totalSize: number;
  /** Bytes actually kept: equal content is kept once. */
  readonly storedSize: number;
  readonly unreferencedCount: number;
  readonly unreferencedSize: number;
  readonly collectingSince: Date | null;
  readonly byContentType: readonly { contentType: string; fileCount: number; totalSize: number }[];
  readonly asOf: Date;
}
