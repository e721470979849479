/**
 * `GET /getImage?storageId=`: an image of a message, streamed through from Gridhold, with the app's own headers. Only of
 * a message: a storage ID alone opens nothing, so Gridhold can stay behind the app.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Messages } from './messages.ts';
import { storageUnavailable } from './problem.ts';
import { UserError } from './user-error.ts';

/** Ranges and preconditions are Gridhold's to answer. */
const passedOn = [
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
];
const passedBack = [
  'accept-ranges',
  'content-disposition',
  'content-length',
  'content-range',
  'content-security-policy',
  'content-type',
  'cross-origin-resource-policy',
  'etag',
  'last-modified',
  'repr-digest',
  'x-content-type-options',
];
/** Bytes never change under an ID, but images get deleted: after so many seconds a browser asks again. */
const maxAge = 300;

export function imagePath(storageId: string): string {
  return `/getImage?storageId=${encodeURIComponent(storageId)}`;
}

export function createGetImage(gridholdUrl: string, messages: Messages) {
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Promise<void> => {
    const storageId = query.get('storageId');
    if (!storageId) throw new UserError(404, 'FILE_NOT_FOUND', 'Say which image: storageId is missing.');
    if (!(await messages.hasImage(storageId))) throw imageNotFound();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await ask(`${gridholdUrl}/files/${encodeURIComponent(storageId)}`, request, gone.signal);
    if (answer.status === 404) {
      await answer.body?.cancel();
      throw imageNotFound();
    }
    if (answer.status >= 500) {
      await answer.body?.cancel();
      throw storageUnavailable();
    }
    for (const name of passedBack) {
      const value = answer.headers.get(name);
      if (value !== null) response.setHeader(name, value);
    }
    const isShown = answer.ok || answer.status === 304;
    response.setHeader('cache-control', isShown ? `private, max-age=${maxAge}` : 'no-store');
    response.writeHead(answer.status);
    if (!answer.body) response.end();
    // At the client's pace; where either side breaks off, so does the other.
    else await pipeline(Readable.from(answer.body), response);
  };
}

async function ask(url: string, request: IncomingMessage, signal: AbortSignal): Promise<Response> {
  // Gridhold's bytes and no others: a length that is passed back must be that of what is sent.
  const headers = new Headers({ 'accept-encoding': 'identity' });
  for (const name of passedOn) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  try {
    return await fetch(url, { method: request.method ?? 'GET', headers, signal });
  } catch (error) {
    throw signal.aborted ? error : storageUnavailable();
  }
}

function imageNotFound(): UserError {
  return new UserError(404, 'FILE_NOT_FOUND', 'There is no such image. It may have been deleted.');
}
