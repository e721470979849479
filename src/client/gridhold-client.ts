/**
 * The contract of the client: what it takes, gives and throws. It speaks the GraphQL and HTTP contract of a Gridhold
 * server, and knows nothing of its internals. Everything here is safe to repeat, and is repeated where that may help
 * (retry.ts). Every method throws GridholdClientError, or the signal's reason where that ended it.
 */
import type { FileSource } from './file-source.ts';
import type { UploadedFile, UploadOptions } from './upload-to.ts';

/** A document of the app's own: the name of its collection and its ID there. */
export interface DocumentName {
  readonly collection: string;
  readonly documentId: string;
}

export type Visibility = 'PUBLIC' | 'PRIVATE';

export interface GridholdFile {
  /** The storage ID, `file_…`: what documents keep. */
  readonly id: string;
  readonly filename: string | null;
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** RFC 3339, UTC; `expiresAt` too. */
  readonly uploadedAt: string;
  readonly visibility: Visibility;
  readonly owner: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly keep: boolean;
  /** How many attachments hold it. */
  readonly refCount: number;
  /** When it may be collected; null while anything holds or keeps it. */
  readonly expiresAt: string | null;
  readonly url: string;
}

export interface Attachment {
  readonly id: string;
  readonly file: GridholdFile;
  readonly document: DocumentName;
  readonly field: string;
  /** RFC 3339, UTC. */
  readonly attachedAt: string;
}

/** Only for documents that exist, or that this app is about to insert: a hold is never collected. */
export interface AttachTo {
  readonly document: DocumentName;
  /** Default: `file`. */
  readonly field?: string | undefined;
  /** The field then holds this file alone. */
  readonly replace?: boolean | undefined;
}

/** What a file is stored with, and what it must be. Limits only narrow those of the server. */
export interface StoreInput {
  /** `image/png`, `image/*`. */
  readonly contentTypes?: readonly string[] | undefined;
  /** Bytes. */
  readonly maxSize?: number | undefined;
  /** The bytes must hash to this: lower-case hex. */
  readonly sha256?: string | undefined;
  readonly visibility?: Visibility | undefined;
  /** At most 16 KiB as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Never collected, held or not. */
  readonly keep?: boolean | undefined;
  readonly owner?: string | undefined;
  /** Attached in the transaction that stores it. */
  readonly attachTo?: AttachTo | undefined;
}

export interface UploadUrlInput extends StoreInput {
  readonly filename?: string | undefined;
  /** Seconds. */
  readonly expiresIn?: number | undefined;
}

export interface UploadUrl {
  readonly id: string;
  /** Whoever has it may send the bytes of one file, without further credentials. */
  readonly url: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
}

export interface StoreOptions extends StoreInput, UploadOptions {}

export interface UploadManyOptions
  extends Omit<StoreOptions, 'filename' | 'size' | 'sha256' | 'attachTo' | 'onProgress'> {
  /** One field holds them all. */
  readonly attachTo?: Omit<AttachTo, 'replace'> | undefined;
  /** Uploads at once. Default: 3. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((progress: UploadManyProgress) => void) | undefined;
}

export interface UploadManyProgress {
  /** Bytes of all files. */
  readonly loaded: number;
  /** Null where the size of a file is not known. */
  readonly total: number | null;
  /** Bytes of each, in the order given. */
  readonly files: readonly { readonly loaded: number; readonly total: number | null }[];
}

export interface FileFilter {
  /** `image/png` or `image/*`. */
  readonly contentType?: string | undefined;
  /** Contains it, in any case. */
  readonly filename?: string | undefined;
  readonly owner?: string | undefined;
  readonly visibility?: Visibility | undefined;
  readonly referenced?: boolean | undefined;
  readonly sha256?: string | undefined;
  /** RFC 3339. */
  readonly uploadedAfter?: string | undefined;
  readonly uploadedBefore?: string | undefined;
}

export interface FileOrder {
  readonly field: 'UPLOADED_AT' | 'SIZE' | 'FILENAME';
  readonly direction: 'ASC' | 'DESC';
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Repeats after failures that pass, with backoff. Default: the client's. */
  readonly retries?: number | undefined;
  /** Milliseconds for each attempt of a GraphQL request. Default: 30,000. */
  readonly timeoutMs?: number | undefined;
}

export interface ListOptions extends RequestOptions {
  readonly filter?: FileFilter | undefined;
  /** Default: newest first. */
  readonly orderBy?: FileOrder | undefined;
  /** Files a request, 1 to 100. Default: 50. */
  readonly pageSize?: number | undefined;
}

export interface UrlOptions {
  /** For saving, not for showing. */
  readonly download?: boolean | undefined;
  /** Seconds, for a signed URL. */
  readonly expiresIn?: number | undefined;
  /** Ends the waiting; others may wait for the same request. */
  readonly signal?: AbortSignal | undefined;
}

export interface GridholdClient {
  /**
   * Stores one file: asks for an upload URL, and sends the bytes to it. A lost answer or a broken connection stores
   * nothing twice. A stream can be read only once: what breaks it is thrown, not repeated.
   */
  upload(file: FileSource, options?: StoreOptions): Promise<UploadedFile>;
  /** Stores several, with a bound on what runs at once. One outcome a file, in the order given: it does not reject where one fails. */
  uploadMany(
    files: Iterable<FileSource>,
    options?: UploadManyOptions,
  ): Promise<PromiseSettledResult<UploadedFile>[]>;
  /** For a browser that has no credentials of Gridhold: it sends the bytes with `uploadTo`. */
  generateUploadUrl(input?: UploadUrlInput, options?: RequestOptions): Promise<UploadUrl>;
  /** The address of a file's bytes; null where there is no such file. Calls of one moment share a request. */
  url(id: string, options?: UrlOptions): Promise<string | null>;
  /** Metadata; null where there is no such file. */
  file(id: string, options?: RequestOptions): Promise<GridholdFile | null>;
  /** All files, page by page as they are asked for. */
  files(options?: ListOptions): AsyncIterableIterator<GridholdFile>;
  /** A document comes to hold a file. */
  attach(input: AttachTo & { readonly fileId: string }, options?: RequestOptions): Promise<Attachment>;
  /** It lets go of it. `detached` is false where it did not hold it, a repeat after a lost answer included. */
  detach(
    input: { readonly fileId: string; readonly document: DocumentName; readonly field?: string | undefined },
    options?: RequestOptions,
  ): Promise<{ readonly detached: boolean; readonly file: GridholdFile | null }>;
  /** The field then holds exactly these, at most 100. One that is missing changes nothing, and is named. */
  setDocumentFiles(
    input: {
      readonly document: DocumentName;
      readonly field?: string | undefined;
      readonly fileIds: readonly string[];
    },
    options?: RequestOptions,
  ): Promise<DocumentName>;
  /** The document is gone: lets go of all it held. */
  detachDocument(
    input: { readonly document: DocumentName },
    options?: RequestOptions,
  ): Promise<{ readonly detached: number; readonly fileIds: readonly string[] }>;
  /** `FILE_IN_USE` while documents hold it, unless forced. `deleted` is false where there was none. */
  delete(
    input: { readonly id: string; readonly force?: boolean | undefined },
    options?: RequestOptions,
  ): Promise<{ readonly fileId: string; readonly deleted: boolean }>;
  /**
   * Any other operation of the GraphQL contract. A query is repeated where the network or the server fails; a mutation
   * only where `retries` is given here, because some do their work again.
   */
  request<Data>(query: string, variables?: object, options?: RequestOptions): Promise<Data>;
}
