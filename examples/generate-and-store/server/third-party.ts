/**
 * The app's side of the image API: every request has a time limit, ends when the user goes away, and fails with an error
 * that says in words what the third party did.
 */
import { ReadableStream } from 'node:stream/web';
import { GraphQLError } from 'graphql';

export interface ThirdParty {
  /** Begins an image. Its bytes are still on their way, and may break off. @throws ThirdPartyError */
  drawImage(prompt: string, signal: AbortSignal): Promise<Drawing>;
  /** Sends an image to be printed. @throws ThirdPartyError, and what the bytes throw */
  print(image: ImageToPrint, signal: AbortSignal): Promise<Receipt>;
}

export interface Drawing {
  /** What the third party calls it; it need not be true. */
  readonly contentType: string | null;
  /** @throws ThirdPartyError where they break off */
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface ImageToPrint {
  readonly title: string;
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface Receipt {
  readonly number: string;
  /** As many as have arrived there. */
  readonly bytes: number;
  /** Of what has arrived there: lower-case hex. */
  readonly sha256: string;
}

/** Safe to show: Yoga lets errors of GraphQL's own class pass. */
export class ThirdPartyError extends GraphQLError {
  /** @param status of its answer, where there was one */
  constructor(message: string, status: number | null = null) {
    super(message, { extensions: { code: 'THIRD_PARTY_FAILED', status } });
  }
}

export function createThirdParty(baseUrl: string, timeLimitMs: number): ThirdParty {
  const ask = async (path: string, init: RequestInit, within: Limit): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(`${baseUrl}${path}`, { ...init, signal: within.signal });
    } catch (error) {
      throw within.told(error, 'The image service can’t be reached.');
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw refusedBy(response);
  };
  return {
    async drawImage(prompt, signal) {
      const within = limit(signal, timeLimitMs);
      const response = await ask(
        '/v1/images',
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ prompt }),
        },
        within,
      );
      return { contentType: response.headers.get('content-type'), bytes: bytesOf(response, within) };
    },
    async print({ title, contentType, size, bytes }, signal) {
      const within = limit(signal, timeLimitMs);
      const response = await ask(
        `/v1/prints?title=${encodeURIComponent(title)}`,
        {
          method: 'PUT',
          headers: { 'content-type': contentType, 'content-length': String(size) },
          // Node's fetch takes a stream, and needs to be told (https://fetch.spec.whatwg.org/#dom-requestinit-duplex).
          ...({ body: ReadableStream.from(bytes), duplex: 'half' } as object),
        },
        within,
      );
      try {
        return receiptIn(await response.json());
      } catch (error) {
        throw within.told(error, 'The print service answered with something that is no receipt.');
      }
    },
  };
}

/** The user's patience and ours. It holds until the last byte, not only until the answer begins. */
interface Limit {
  readonly signal: AbortSignal;
  /** What is to be said of an error. */
  told(error: unknown, otherwise: string): unknown;
}

function limit(user: AbortSignal, timeLimitMs: number): Limit {
  const ours = AbortSignal.timeout(timeLimitMs);
  return {
    signal: AbortSignal.any([user, ours]),
    told(error, otherwise) {
      if (user.aborted) return user.reason;
      if (ours.aborted) {
        return new ThirdPartyError(`The image service took longer than ${timeLimitMs / 1_000} seconds.`);
      }
      return error instanceof ThirdPartyError ? error : new ThirdPartyError(otherwise);
    },
  };
}

async function* bytesOf(response: Response, within: Limit): AsyncGenerator<Uint8Array> {
  try {
    yield* response.body ?? [];
  } catch (error) {
    throw within.told(error, 'The image service broke off in the middle of the image.');
  }
}

function refusedBy({ status, headers }: Response): ThirdPartyError {
  if (status !== 429) return new ThirdPartyError(`The image service failed with status ${status}.`, status);
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const when = seconds > 0 ? `in ${seconds} seconds` : 'in a moment';
  return new ThirdPartyError(`The image service is busy. Try again ${when}.`, status);
}

function receiptIn(body: unknown): Receipt {
  if (typeof body === 'object' && body !== null && 'number' in body && 'bytes' in body && 'sha256' in body) {
    const { number, bytes, sha256 } = body;
    if (typeof number === 'string' && typeof bytes === 'number' && typeof sha256 === 'string') {
      return { number, bytes, sha256 };
    }
  }
  throw new TypeError('No receipt');
}
