/** What an app calls in process: the use cases under the names that an app thinks in, with bytes in any usual form. */
import { Readable } from 'node:stream';
import type { Settings } from './config/settings.ts';
import { type ByteSource, bytesOf, lengthOf } from './domain/byte-source.ts';
import { library } from './domain/callers.ts';
import { parseContentType } from './domain/content-type.ts';
import type {
  Attachment,
  AttachToInput,
  DocumentName,
  GenerateUploadUrlInput,
  StoredFile,
  StoreFileInput,
  UploadUrl,
} from './domain/model.ts';
import type { SweepOptions, SweepReport } from './domain/sweep-contract.ts';
import { uploadAddress } from './domain/urls.ts';
import type { ByteRange, InTransaction, UseCases } from './domain/use-cases.ts';
import type { Finding, VerifyOptions } from './domain/verify/contract.ts';
import { badInput, GridholdError } from './errors/gridhold-error.ts';

/** A file's metadata, as GraphQL shows it. */
export type LibraryFile = Omit<StoredFile, 'blobId' | 'urlEpoch'>;

export interface StoreOptions extends StoreFileInput {
  /** Counts as a request's `Content-Type`: the bytes win where they show another. */
  readonly contentType?: string | null;
}

export interface Library {
  /**
   * Stores bytes in a transaction of its own: a stream can't be repeated, so it takes no session. What an aborted
   * transaction of yours leaves is a file that nothing holds, and it is collected in its time.
   * @throws what the source throws, and then nothing is stored; GridholdError FILE_TOO_LARGE,
   *   CONTENT_TYPE_NOT_ALLOWED, CHECKSUM_MISMATCH, IDEMPOTENCY_KEY_USED, …
   */
  store(source: ByteSource, options?: StoreOptions): Promise<LibraryFile>;
  /**
   * Stores what a third party has at this URL, as `store` does. Only public addresses are reached, and what the setting
   * fetchAllow names. Your `signal` ends it, and then nothing is stored.
   * @throws GridholdError FETCH_REFUSED, FETCH_FAILED and those of `store`, or the signal's reason
   */
  storeFromUrl(
    url: string | URL,
    options?: StoreFileInput & { readonly signal?: AbortSignal },
  ): Promise<LibraryFile>;
  /**
   * Sends a file to a third party, by PUT unless you say otherwise. Resolves with its status, which is a success.
   * @throws GridholdError FILE_NOT_FOUND, FETCH_REFUSED, FETCH_FAILED, or the signal's reason
   */
  send(
    id: string,
    to: {
      readonly url: string | URL;
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal;
    },
  ): Promise<{ readonly status: number }>;
  /**
   * The bytes of a file, or of an inclusive range of them, with backpressure. The stream fails if any are missing.
   * @throws GridholdError FILE_NOT_FOUND, RANGE_NOT_SATISFIABLE
   */
  open(
    id: string,
    range?: Partial<ByteRange>,
  ): Promise<{ readonly file: LibraryFile; readonly stream: Readable }>;
  /** Metadata, or null where there is no such file. Calls of one tick share a look-up; so do those of `url`. */
  file(id: string): Promise<LibraryFile | null>;
  /**
   * The address of a file's bytes, of a private one signed; needs the setting publicUrl. `expiresIn` is in seconds, 1 to
   * 604,800: at most so long is a signed URL good for, and at least half of it.
   * @throws GridholdError FILE_NOT_FOUND, BAD_USER_INPUT
   */
  url(
    id: string,
    options?: { readonly download?: boolean; readonly expiresIn?: number | null },
  ): Promise<string>;
  /** Voids every signed URL of a file that was given so far. @throws GridholdError FILE_NOT_FOUND */
  revokeUrls(id: string): Promise<LibraryFile>;
  /** A temporary address that takes the bytes of one file; needs the setting publicUrl. */
  generateUploadUrl(input?: GenerateUploadUrlInput): Promise<UploadUrl & { readonly url: string }>;
  /**
   * With your `session` these five join your transaction. Without it, inside your own transaction on the same
   * documents, they wait for you while you wait for them, until 15 s are over.
   */
  attach(input: { readonly fileId: string } & AttachToInput, options?: InTransaction): Promise<Attachment>;
  detach(
    input: { readonly fileId: string; readonly document: DocumentName; readonly field?: string | null },
    options?: InTransaction,
  ): Promise<{ readonly detached: boolean; readonly file: LibraryFile | null }>;
  setDocumentFiles(
    input: {
      readonly document: DocumentName;
      readonly field?: string | null;
      readonly fileIds: readonly string[];
    },
    options?: InTransaction,
  ): Promise<DocumentName>;
  detachDocument(
    input: { readonly document: DocumentName },
    options?: InTransaction,
  ): Promise<{ readonly detached: number; readonly fileIds: readonly string[] }>;
  delete(
    input: { readonly id: string; readonly force?: boolean },
    options?: InTransaction,
  ): Promise<{ readonly fileId: string; readonly deleted: boolean }>;
  /** One bounded pass that collects what nothing holds. */
  sweep(options?: SweepOptions): Promise<SweepReport>;
  /**
   * Checks the store while it is in use, and gives out what is wrong, one by one; changes nothing unless told to
   * `repair`, but that a damaged blob leaves the index of equal content.
   * @throws GridholdError BAD_USER_INPUT, STORAGE_UNAVAILABLE, or the signal's reason
   */
  verify(options?: VerifyOptions): AsyncGenerator<Finding, void, void>;
}

export function createLibrary(useCases: UseCases, settings: Pick<Settings, 'publicUrl'>): Library {
  const baseUrl = (): string => {
    if (settings.publicUrl === null) throw badInput('publicUrl: createGridhold needs it to make URLs');
    return settings.publicUrl;
  };
  const found = async (id: string): Promise<StoredFile | null> =>
    (await useCases.fileToServe(id, { caller: library, permit: null }))?.file ?? null;
  const existing = async (id: string): Promise<StoredFile> => {
    const file = await found(id);
    if (!file) throw new GridholdError('FILE_NOT_FOUND', `There is no file ${id.slice(0, 64)}`);
    return file;
  };
  return {
    async store(source, { contentType = null, ...input } = {}) {
      // Node ends the process where a stream fails before anybody listens. Who reads it later still gets the error.
      if (source instanceof Readable) source.on('error', () => undefined);
      const incoming = {
        bytes: bytesOf(source),
        declaredType: parseContentType(contentType ?? (source instanceof Blob ? source.type : null)),
        declaredLength: lengthOf(source),
        filename: source instanceof File ? source.name : null,
        sha256: null,
      };
      try {
        return forApps((await useCases.storeFile(incoming, input, library)).file);
      } catch (error) {
        throw thrownBySource(error) ?? error;
      }
    },
    async storeFromUrl(url, { signal, ...input } = {}) {
      return await abortedBy(signal, async () =>
        forApps((await useCases.storeFileFromUrl(parseUrl(url), input, library, signal)).file),
      );
    },
    async send(id, { signal, ...to }) {
      return await abortedBy(signal, () =>
        useCases.sendFile(id, { ...to, url: parseUrl(to.url) }, library, signal),
      );
    },
    async open(id, range = {}) {
      const file = await existing(id);
      const { start = 0, end = file.size - 1 } = range;
      const isEmpty = file.size === 0 && range.start === undefined && range.end === undefined;
      if (
        !isEmpty &&
        !(
          Number.isSafeInteger(start) &&
          Number.isSafeInteger(end) &&
          0 <= start &&
          start <= end &&
          end < file.size
        )
      ) {
        throw new GridholdError('RANGE_NOT_SATISFIABLE', `The file has ${file.size} bytes`, {
          size: file.size,
        });
      }
      const stream = Readable.from(useCases.readBytes(file, { start, end }), { objectMode: false });
      return { file: forApps(file), stream };
    },
    async file(id) {
      const file = await found(id);
      return file && forApps(file);
    },
    async url(id, options = {}) {
      return useCases.fileAddress(await existing(id), library, { baseUrl: baseUrl(), ...options });
    },
    async revokeUrls(id) {
      return forApps(await useCases.revokeFileUrls(id, library));
    },
    async generateUploadUrl(input = {}) {
      const base = baseUrl();
      const uploadUrl = await useCases.generateUploadUrl(input, library);
      return { ...uploadUrl, url: uploadAddress(uploadUrl, base) };
    },
    attach: (input, options) => useCases.attachFile(input, library, options),
    async detach(input, options) {
      const { detached, file } = await useCases.detachFile(input, library, options);
      return { detached, file: file && forApps(file) };
    },
    setDocumentFiles: (input, options) => useCases.setDocumentFiles(input, library, options),
    detachDocument: (input, options) => useCases.detachDocument(input, library, options),
    delete: (input, options) => useCases.deleteFile(input, library, options),
    sweep: (options) => useCases.sweep(options),
    verify: (options) => useCases.verify(options),
  };
}

function forApps({ blobId: _, urlEpoch: __, ...file }: StoredFile): LibraryFile {
  return file;
}

/** A client's break-off is LENGTH_MISMATCH; an app's own source fails with what it threw. */
function thrownBySource(error: unknown): unknown {
  return error instanceof GridholdError && error.code === 'LENGTH_MISMATCH' ? error.cause : undefined;
}

/** Whoever aborted gets its own reason, whichever step it interrupted. */
async function abortedBy<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function parseUrl(url: string | URL): URL {
  if (!URL.canParse(url)) throw badInput('url: must be an absolute URL');
  return new URL(url);
}
