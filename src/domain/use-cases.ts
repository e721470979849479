/**
 * The contract between the rules and whoever calls them: the GraphQL edge, the HTTP edge, the library's surface and
 * the command. Every refusal is a GridholdError; anything else that is thrown is a fault. What a call has reported as
 * done survives a crash. Every call is safe to repeat, but those that store without an upload URL or an idempotency
 * key, which store another file, and `sendFile`, which sends again.
 */
import type { CallerSession } from '../storage/transaction.ts';
import type { IncomingBytes, StagedFile, StoreResult } from './incoming-bytes.ts';
import type {
  Attachment,
  AttachToInput,
  Caller,
  DocumentName,
  FileFilter,
  FileOrder,
  GenerateUploadUrlInput,
  Page,
  PageArguments,
  SendFileInput,
  StorageTotals,
  StoredFile,
  StoreFileInput,
  UpdateFileInput,
  UploadUrl,
} from './model.ts';
import type { ReadRequest, Served } from './serve-permit.ts';
import type { SweepOptions, SweepReport } from './sweep-contract.ts';
import type { AddressOptions } from './urls.ts';
import type { Finding, VerifyOptions } from './verify/contract.ts';

/** Inclusive byte positions, 0 ≤ start ≤ end < size. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Joins the caller's own transaction: no retry, nothing outside it, and a refusal has written nothing. */
export interface InTransaction {
  readonly session?: CallerSession | undefined;
}

/** Whose attachments: a file's (all its holders), or a document's (all that it holds, or in one field). */
export type AttachmentsOf =
  | { readonly fileId: string }
  | { readonly document: DocumentName; readonly field: string | null };

export type NodeName =
  | { readonly type: 'File'; readonly id: string }
  | { readonly type: 'UploadUrl'; readonly id: string }
  | { readonly type: 'Attachment'; readonly id: string }
  | { readonly type: 'Document'; readonly id: string; readonly document: DocumentName };

/**
 * Who asks is the `caller`; what it may do is decided in access.ts, for every call. Two kinds of refusal are not named
 * again below: UNAUTHENTICATED and FORBIDDEN, by any call that lists, counts, stores or changes and that the caller may
 * not make; and STORAGE_UNAVAILABLE, by any call while MongoDB fails.
 */
export interface UseCases {
  /** From the `Authorization` header, or null, to a caller. @throws UNAUTHENTICATED, FETCH_FAILED */
  authenticate(authorization: string | null): Promise<Caller>;

  // ── Storing ────────────────────────────────────────────────────────────────────────────────────────────────────
  /** @throws BAD_USER_INPUT naming the argument, STORAGE_FULL */
  generateUploadUrl(input: GenerateUploadUrlInput, caller: Caller): Promise<UploadUrl>;
  /**
   * Takes the bytes for an upload URL. `token` is what follows `/upload/` in its path. `open` is called once the URL
   * is known to be good. @throws UPLOAD_URL_NOT_FOUND, UPLOAD_URL_EXPIRED, UPLOAD_URL_USED, UPLOAD_IN_PROGRESS,
   * FILE_TOO_LARGE, CONTENT_TYPE_NOT_ALLOWED, CHECKSUM_MISMATCH, LENGTH_MISMATCH, BAD_USER_INPUT, STORAGE_FULL,
   * and what `open` throws
   */
  receiveUpload(token: string, open: () => Promise<IncomingBytes>): Promise<StoreResult>;
  /** The upload URL that a token names, for the form that a browser is shown. @throws UPLOAD_URL_NOT_FOUND */
  uploadUrlByToken(token: string): Promise<UploadUrl>;
  /** Stores bytes in one step. @throws as receiveUpload, and IDEMPOTENCY_KEY_USED */
  storeFile(incoming: IncomingBytes, input: StoreFileInput, caller: Caller): Promise<StoreResult>;
  /** Before a body is read that will be stored. @throws UNAUTHENTICATED, FORBIDDEN */
  checkMayStore(caller: Caller): void;
  /**
   * Begins to stage bytes before it is known what they are for. `storeStaged` throws what is wrong with them.
   * @throws UNAUTHENTICATED, FORBIDDEN where the caller may not store
   */
  stageFile(incoming: IncomingBytes, caller: Caller): StagedFile;
  /** Makes staged bytes a file. May be called several times for one stage: each call makes a file. */
  storeStaged(staged: StagedFile, input: StoreFileInput, caller: Caller): Promise<StoreResult>;
  /**
   * Stores what a third party has at this URL. Bytes pass through; what breaks off stores nothing. A known idempotency
   * key gives its file without asking the third party again.
   * @throws FETCH_REFUSED, FETCH_FAILED, as storeFile, or the signal's reason
   */
  storeFileFromUrl(
    url: URL,
    input: StoreFileInput,
    caller: Caller,
    signal?: AbortSignal,
  ): Promise<StoreResult>;

  // ── Reading ────────────────────────────────────────────────────────────────────────────────────────────────────
  /** In the order asked, null where there is none; malformed IDs name nothing. One command for any number. */
  filesByIds(ids: readonly string[], caller: Caller): Promise<readonly (StoredFile | null)[]>;
  /** For serving: a read that began after this call; concurrent calls share one command. */
  fileToServe(id: string, request: ReadRequest): Promise<Served | null>;
  /**
   * Where the bytes of a file are: of a private one signed, where the caller may read it. @throws BAD_USER_INPUT
   */
  fileAddress(file: StoredFile, caller: Caller, options: AddressOptions): string;
  /** The bytes of a range, read ahead by a bounded amount. Throws midway if any are missing: never short, no hang. */
  readBytes(
    file: StoredFile,
    range?: ByteRange,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void>;
  /**
   * Sends a file's bytes to a third party, and changes nothing here. Resolves with its status, which is a success, once
   * it has them all; sent again, the third party gets them again.
   * @throws FILE_NOT_FOUND, BAD_USER_INPUT, FETCH_REFUSED, FETCH_FAILED, or the signal's reason
   */
  sendFile(
    id: string,
    to: SendFileInput,
    caller: Caller,
    signal?: AbortSignal,
  ): Promise<{ readonly status: number }>;
  /** Newest first by default. @throws BAD_USER_INPUT, QUERY_TIMEOUT */
  listFiles(
    args: PageArguments,
    filter: FileFilter | null | undefined,
    order: FileOrder | null | undefined,
    caller: Caller,
  ): Promise<Page<StoredFile>>;
  countFiles(filter: FileFilter | null | undefined, caller: Caller): Promise<number>;
  /** A page for each holder, oldest first, in one command for holders of one kind (two for documents'). */
  attachmentPages(
    holders: readonly AttachmentsOf[],
    args: PageArguments,
    caller: Caller,
  ): Promise<readonly Page<Attachment>[]>;
  /** In one command for any number of holders of one kind. */
  countAttachments(holders: readonly AttachmentsOf[], caller: Caller): Promise<readonly number[]>;
  /** In the order asked, null where there is none. */
  attachmentsByIds(ids: readonly string[], caller: Caller): Promise<readonly (Attachment | null)[]>;
  /** Those of a collection that hold anything, by ID. */
  listDocuments(collection: string, args: PageArguments, caller: Caller): Promise<Page<DocumentName>>;
  countDocuments(collection: string, caller: Caller): Promise<number>;
  /** In the order asked, null where there is none. */
  uploadUrlsByIds(ids: readonly string[], caller: Caller): Promise<readonly (UploadUrl | null)[]>;
  storageTotals(caller: Caller): Promise<StorageTotals>;
  /** What an ID names by its form, or null; whether it exists is not asked. */
  parseNodeId(id: string): NodeName | null;
  /** Injective over all collections. */
  documentNodeId(document: DocumentName): string;
  /** @throws BAD_USER_INPUT where a part is not 1 to 200 characters, naming it */
  documentByName(document: DocumentName, caller: Caller): DocumentName;

  // ── Holding and letting go ─────────────────────────────────────────────────────────────────────────────────────
  /** @throws FILE_NOT_FOUND, BAD_USER_INPUT */
  attachFile(
    input: { readonly fileId: string } & AttachToInput,
    caller: Caller,
    options?: InTransaction,
  ): Promise<Attachment>;
  /** `detached` is false where the file was not held there. @throws BAD_USER_INPUT */
  detachFile(
    input: {
      readonly fileId: string;
      readonly document: DocumentName;
      readonly field?: string | null | undefined;
    },
    caller: Caller,
    options?: InTransaction,
  ): Promise<{ readonly detached: boolean; readonly file: StoredFile | null }>;
  /**
   * The field then holds exactly these (a set, at most 100).
   * @throws FILE_NOT_FOUND with the missing in fileIds, BAD_USER_INPUT
   */
  setDocumentFiles(
    input: {
      readonly document: DocumentName;
      readonly field?: string | null | undefined;
      readonly fileIds: readonly string[];
    },
    caller: Caller,
    options?: InTransaction,
  ): Promise<DocumentName>;
  /** Lets go of all that a document held. `fileIds` names at most 100 of them. @throws BAD_USER_INPUT */
  detachDocument(
    input: { readonly document: DocumentName },
    caller: Caller,
    options?: InTransaction,
  ): Promise<{ readonly detached: number; readonly fileIds: readonly string[] }>;
  /** @throws FILE_NOT_FOUND, BAD_USER_INPUT, STORAGE_FULL */
  updateFile(id: string, input: UpdateFileInput, caller: Caller): Promise<StoredFile>;
  /** Voids all the signed URLs of a file that were given so far. @throws FILE_NOT_FOUND */
  revokeFileUrls(id: string, caller: Caller): Promise<StoredFile>;
  /** @throws FILE_IN_USE while held, unless forced, with up to ten holders */
  deleteFile(
    input: {
      readonly id: string;
      readonly force?: boolean | null | undefined;
    },
    caller: Caller,
    options?: InTransaction,
  ): Promise<{ readonly fileId: string; readonly deleted: boolean }>;

  // ── Collecting and running ─────────────────────────────────────────────────────────────────────────────────────
  /** One bounded pass. Any number of instances may run one at a time each. */
  sweep(options?: SweepOptions): Promise<SweepReport>;
  /** What the invariants don't hold for, one by one (verify/contract.ts). @throws BAD_USER_INPUT, STORAGE_UNAVAILABLE */
  verify(options?: VerifyOptions): AsyncGenerator<Finding, void, void>;
  /** Resolves when MongoDB answers and has a primary. @throws STORAGE_UNAVAILABLE */
  ready(): Promise<void>;
}
