/**
 * Sends one file to an upload URL. It needs no credentials: the URL is its own permission, so an app's server makes it
 * and hands it to the page. Nothing is stored twice: the same bytes sent again to the same URL give the same ID.
 */
import { abortReason, onAbort, throwIfAborted, unlessAborted } from './abort.ts';
import { type Answer, invalidResponse, jsonOf, problemOf } from './answer.ts';
import { GridholdClientError, networkError } from './client-error.ts';
import { checkSize, type FileSource, gathered, type ReadSource, readSource } from './file-source.ts';
import { withRetries } from './retry.ts';
import type { Send } from './send.ts';
import { sendByFetch, sendsStreams } from './send-by-fetch.ts';
import { sendByXhr } from './send-by-xhr.ts';

/** A connection on which nothing moves any more for so long is given up, and the upload begun anew. */
const longestStallMs = 60_000;
/** Once all is sent: a proxy may have to hand a large file on before the server sees its end. */
const longestAnswerMs = 300_000;

/** The upload URL, or what gets one: it is asked again where the URL has expired meanwhile. */
export type UploadTarget = string | URL | (() => string | URL | Promise<string | URL>);

export interface UploadProgress {
  /** Bytes handed to the network. */
  readonly loaded: number;
  /** Bytes; null where the size is not known (a stream without `size`). */
  readonly total: number | null;
  /** 1 for the first try. With each further one `loaded` begins again. */
  readonly attempt: number;
}

export interface UploadOptions {
  /** Default: the `File`'s own. It counts where the URL was made without a name. */
  readonly filename?: string | undefined;
  /** Default: the source's own. Where the bytes show another by their signature, the bytes win. */
  readonly contentType?: string | undefined;
  /** Bytes, for streams: lets the server refuse before the body, and `onProgress` know the total. */
  readonly size?: number | undefined;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Ends the upload; nothing is stored, unless its last byte had arrived. */
  readonly signal?: AbortSignal | undefined;
  /** Repeats after failures that pass, with backoff. Default: 5. */
  readonly retries?: number | undefined;
  /** For upload routes of an app's own. Upload URLs of Gridhold need none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Cookies to another origin, for upload routes of an app's own. */
  readonly withCredentials?: boolean | undefined;
}

/** The answer to an upload. */
export interface UploadedFile {
  /** The storage ID: for a document to keep. */
  readonly id: string;
  /** The same. */
  readonly storageId: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly contentType: string;
  readonly url: string;
  /** RFC 3339: when it may be collected, if nothing comes to hold it. */
  readonly expiresAt: string | null;
}

/**
 * @typeParam Answered what an upload route of the caller's own answers; a Gridhold server answers an UploadedFile
 * @throws GridholdClientError with the contract's code, NETWORK_ERROR or INVALID_RESPONSE; the signal's reason; what
 *   the target or a stream of the caller's own threw
 */
export async function uploadTo<Answered extends { readonly storageId: string } = UploadedFile>(
  target: UploadTarget,
  file: FileSource,
  options: UploadOptions = {},
): Promise<Answered> {
  const { signal } = options;
  const given = readSource(file, options);
  try {
    throwIfAborted(signal);
    checkSize(options.size);
    const gathers = typeof XMLHttpRequest === 'function' || !sendsStreams();
    const source = gathers ? await unlessAborted(signal, gathered(given)) : given;
    return (await sendSource(target, source, options)) as Answered;
  } finally {
    if ('next' in given.body) given.body.end();
  }
}

async function sendSource(target: UploadTarget, source: ReadSource, options: UploadOptions): Promise<object> {
  const { signal, retries } = options;
  const { isRepeatable } = source;
  const send = typeof XMLHttpRequest === 'function' ? sendByXhr : sendByFetch;
  const newAddress = async (): Promise<string> => {
    const address = typeof target === 'function' ? await target() : target;
    if (!address) throw new TypeError('target: there is no upload URL');
    return String(address);
  };
  let address = await unlessAborted(signal, newAddress());
  let attempt = 0;
  let isRenewed = false;
  return await withRetries(
    async () => {
      try {
        return await sendOnce(send, address, source, options, ++attempt);
      } catch (error) {
        const hasExpired = error instanceof GridholdClientError && error.code === 'UPLOAD_URL_EXPIRED';
        if (!hasExpired || isRenewed || !isRepeatable || typeof target !== 'function') throw error;
        // An expired URL that had stored these bytes would have said so: nothing is stored twice.
        isRenewed = true;
        address = await unlessAborted(signal, newAddress());
        return await sendOnce(send, address, source, options, ++attempt);
      }
    },
    { retries: isRepeatable ? retries : 0, signal },
  );
}

async function sendOnce(
  send: Send,
  address: string,
  source: ReadSource,
  options: UploadOptions,
  attempt: number,
): Promise<object> {
  const { signal, onProgress, headers, withCredentials = false } = options;
  const { body, size, filename, contentType } = source;
  const controller = new AbortController();
  // React Native's signals carry no reason.
  const endedBy: unknown[] = [];
  const end = (reason: unknown): void => {
    endedBy.push(reason);
    controller.abort();
  };
  const stopListening = onAbort(signal, () => end(signal && abortReason(signal)));
  let stall: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  try {
    const answer = await send({
      url: named(address, filename),
      headers: { ...(contentType !== '' && { 'content-type': contentType }), ...headers },
      body,
      size,
      withCredentials,
      signal: controller.signal,
      onSent(sent) {
        // Node may take one more step of a body that it no longer sends.
        if (isOver) return;
        clearTimeout(stall);
        // Not before the first byte: a browser lets uploads wait for a connection while it has many.
        if (sent > 0 || size === 0) {
          const longest = size !== null && sent >= size ? longestAnswerMs : longestStallMs;
          stall = setTimeout(() => end(networkError(address, 'stalled')), longest);
        }
        // A form is longer than its file.
        const loaded = size === null ? sent : Math.min(sent, size);
        try {
          onProgress?.({ loaded, total: size, attempt });
        } catch (error) {
          end(error);
        }
      },
    });
    return storedOf(answer);
  } catch (error) {
    throw endedBy.length > 0 ? endedBy[0] : error;
  } finally {
    isOver = true;
    clearTimeout(stall);
    stopListening();
  }
}

function storedOf(answer: Answer): object {
  if (answer.status < 200 || answer.status > 299) throw problemOf(answer);
  const stored = jsonOf(answer);
  if (typeof stored?.['storageId'] !== 'string') throw invalidResponse(answer);
  return stored;
}

/** By hand: React Native's URL can't add to a query. A half of a surrogate pair can't be encoded. */
function named(address: string, filename: string | null): string {
  if (filename === null) return address;
  const encoded = encodeURIComponent(filename.replace(/[\uD800-\uDFFF]/gu, '\uFFFD'));
  return `${address}${address.includes('?') ? '&' : '?'}filename=${encoded}`;
}
