/**
 * `POST /sendImage?author=`: an image in one request. The bytes stream through to Gridhold; this server keeps none.
 *
 * The order is: check the author, make the message's ID, store the image and attach it to that ID (one transaction of
 * Gridhold's), insert the message. So a message never stands without its image. A crash
 * - before the image is stored leaves nothing: Gridhold drops an upload that breaks off;
 * - between the image and the message leaves a hold without a message: reconcile.ts lets go of it;
 * - after the message leaves both, and a page that has not got the answer.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GridholdClient } from 'gridhold/client';
import { checkAuthor } from '../../server/check-input.ts';
import { imagePath } from './get-image.ts';
import type { Messages } from './messages.ts';
import { openBody } from './request-body.ts';

const mostImageBytes = 10_000_000;

export function createSendImage(gridhold: GridholdClient, messages: Messages, apiUrl: string) {
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Promise<void> => {
    const author = checkAuthor(query.get('author'));
    const messageId = randomUUID();
    const length = request.headers['content-length'];
    const stored = await gridhold.upload(openBody(request), {
      attachTo: { document: messages.holderOf(messageId) },
      contentTypes: ['image/*'],
      maxSize: mostImageBytes,
      contentType: request.headers['content-type'],
      size: length === undefined ? undefined : Number(length),
      filename: query.get('filename') ?? undefined,
      signal: untilGone(response),
    });
    const { storageId } = stored;
    await messages.insert({ _id: messageId, author, body: null, storageId, sentAt: new Date() });
    const url = `${apiUrl}${imagePath(storageId)}`;
    response.writeHead(201, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      location: url,
    });
    response.end(JSON.stringify({ ...stored, url, messageId }));
  };
}

/** Aborted when the client goes away before it has its answer. */
function untilGone(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('The client went away'));
  });
  return controller.signal;
}
