/**
 * What this server says to third parties: it fetches a file, or sends one. Nothing is written here, so a crash leaves
 * nothing; what the bytes become is the domain's.
 */
import { allowedTargets } from './allowed-targets.ts';
import type { AnswerHead, Exchange, OutgoingBody } from './exchange.ts';
import { failed, failedWithStatus } from './failures.ts';
import { type FollowOptions, followRedirects } from './follow-redirects.ts';
import { createSystemLookUp, type LookUp } from './look-up.ts';
import type { SilenceLimits } from './silence-watch.ts';
import { suggestedFilename } from './suggested-filename.ts';

export interface FetchedFile {
  readonly contentType: string | null;
  /** Bytes, where it was told. */
  readonly length: number | null;
  readonly filename: string | null;
  /** Ends cleanly only where the whole body came. @throws FETCH_FAILED */
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface FileToSend {
  readonly method: string;
  /** The caller's, checked, in lower case. They go to the origin that they were given for, and to no other. */
  readonly headers: Readonly<Record<string, string>>;
  /** The file's own, in lower case; the caller's come before them. */
  readonly fileHeaders: Readonly<Record<string, string>>;
  readonly body: OutgoingBody;
}

export interface Outbound {
  /**
   * Fetches by GET, and lets go of the connection when `take` has settled, whatever it did with the bytes. What `take`
   * throws is thrown. @throws FETCH_REFUSED for an address that must not be reached, FETCH_FAILED saying how
   * @param by who asks: one whose third parties are slow to be found holds up nobody else
   */
  fetchFile<T>(
    url: URL,
    signal: AbortSignal,
    take: (file: FetchedFile) => Promise<T>,
    by?: string,
  ): Promise<T>;
  /** @returns the status, always a success. @throws as fetchFile, or what the body throws */
  sendFile(url: URL, file: FileToSend, signal: AbortSignal, by?: string): Promise<number>;
}

export interface OutboundOptions {
  /** What may be reached besides public addresses, as the setting has it. */
  readonly fetchAllow: readonly string[];
  /** For the whole of one fetch or one sending. */
  readonly fetchTimeoutMs: number;
  readonly lookUp?: LookUp;
  readonly connectMs?: number;
  readonly silence?: SilenceLimits;
}

const defaultConnectMs = 10_000;
const defaultSilence: SilenceLimits = { transferMs: 30_000, answerMs: 120_000 };
const userAgent = { 'user-agent': 'gridhold' };
/** RFC 9110, section 15.3: the other successes are no file, or not the whole of one. */
const wholeFile: ReadonlySet<number> = new Set([200, 203]);
/** So much of the answer to a sent file is read: who writes it does not meet a broken connection. */
const mostAnswerBytes = 65_536;
const mostAnswerMs = 5_000;

export function createOutbound(given: OutboundOptions): Outbound {
  const allowed = allowedTargets(given.fetchAllow);
  const lookUp = given.lookUp ?? createSystemLookUp();
  const optionsFor = (by: string): FollowOptions => ({
    guard: { allowed, by, lookUp },
    timeoutMs: given.fetchTimeoutMs,
    connectMs: given.connectMs ?? defaultConnectMs,
    silence: given.silence ?? defaultSilence,
  });
  return {
    async fetchFile(url, signal, take, by = '') {
      return await followRedirects(url, signal, optionsFor(by), {
        // What is stored is what the third party has, so nothing is to be packed on the way.
        request: () => ({
          method: 'GET',
          headers: { ...userAgent, accept: '*/*', 'accept-encoding': 'identity' },
          body: null,
        }),
        mayFollow: () => true,
        take: async (exchange, from, head) => await take(fetchedFile(exchange, from, head)),
      });
    },
    async sendFile(url, { method, headers, fileHeaders, body }, signal, by = '') {
      let isAway = false;
      return await followRedirects(url, signal, optionsFor(by), {
        request(to) {
          // Once another origin had a say in where it goes, a way back gets no secrets either.
          isAway ||= to.origin !== url.origin;
          return { method, body, headers: { ...userAgent, ...fileHeaders, ...(isAway ? {} : headers) } };
        },
        // The others may turn a PUT or POST into a GET (RFC 9110, section 15.4), which sends nothing.
        mayFollow: (status) => status === 307 || status === 308,
        async take(exchange, to, { status }) {
          if (status < 200 || status > 299) throw failedWithStatus(to, status);
          await exchange.sent();
          await readSome(exchange);
          return status;
        },
      });
    },
  };
}

/** @throws FETCH_FAILED */
function fetchedFile(exchange: Exchange, url: URL, head: AnswerHead): FetchedFile {
  if (!wholeFile.has(head.status)) throw failedWithStatus(url, head.status);
  const encoding = head.header('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    throw failed(url, 'answered with a Content-Encoding that it was asked not to use');
  }
  const transfer = head.header('transfer-encoding')?.trim().toLowerCase() ?? 'chunked';
  if (transfer !== 'chunked')
    throw failed(url, 'answered with a Transfer-Encoding that it was not asked for');
  const length = head.header('content-length');
  return {
    contentType: head.header('content-type'),
    length: length !== null && /^\d+$/.test(length) ? Number(length) : null,
    filename: suggestedFilename(url, head.header('content-disposition')),
    bytes: exchange.bytes(),
  };
}

/** The status is known: what becomes of the rest does not matter. */
async function readSome(exchange: Exchange): Promise<void> {
  let read = 0;
  const timer = setTimeout(() => exchange.close(), mostAnswerMs);
  try {
    for await (const bytes of exchange.bytes()) {
      read += bytes.byteLength;
      if (read > mostAnswerBytes) return;
    }
  } catch {
    // The file has arrived.
  } finally {
    clearTimeout(timer);
  }
}
