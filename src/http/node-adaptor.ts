/**
 * Carries requests of node:http to routes and mounts. A request ends in one of three ways: with its whole answer and
 * the connection kept, with its whole answer and the connection closed (the rest of the body was not worth waiting
 * for), or broken (bytes were missing, or the client left).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { awaitTurn } from './answer-turn.ts';
import { announcesBody } from './exchange.ts';
import { awaitsContinue } from './expectations.ts';
import type { NodeAdaptorOptions, NodeConnection } from './node-connection.ts';
import { nodeHead } from './node-head.ts';
import { runNodeMount } from './node-mount.ts';
import { runNodeRoute } from './node-route.ts';
import { refuseReadBody } from './visit.ts';

/** Resolves when the answer is complete or the connection is gone. Never rejects. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createNodeHandler(options: NodeAdaptorOptions): NodeHandler {
  return async (request, response) => {
    const turn = awaitTurn(request, response);
    if (turn && !(await turn)) return;
    const head = nodeHead(request);
    const hasBody = announcesBody(head);
    const received = options.receive(head);
    const wasRead = hasBody && request.readableDidRead;
    const visit = wasRead ? refuseReadBody(received, options.logger) : received;
    const departure = new AbortController();
    // A write that comes too late for its client is told by `close`; unheard, the error would end the process.
    response.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => {
      const onClose = (): void => {
        if (!response.writableFinished) departure.abort();
        resolve();
      };
      if (response.destroyed) onClose();
      else response.once('finish', resolve).once('close', onClose);
    });
    const connection: NodeConnection = {
      request,
      response,
      head,
      awaitsContinue: awaitsContinue(response),
      hasBody,
      departed: departure.signal,
      closed,
    };
    const { target } = visit;
    try {
      if (target.kind === 'mount') await runNodeMount({ visit, target, connection, options });
      else await runNodeRoute({ visit, target, connection, options });
    } finally {
      visit.account.end({
        status: response.headersSent ? response.statusCode : null,
        isBroken: !response.writableFinished,
      });
    }
  };
}
