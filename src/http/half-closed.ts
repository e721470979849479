/**
 * A client that closes its sending half may be waiting for its answer, or be gone: TCP tells the same of both. Interim
 * answers (RFC 9110, section 15.2) find out: one that is there skips them, and the network of one that is gone refuses
 * them, which closes the connection. Sent only where an answer takes long, which ends work that nobody is waiting for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const everyMs = 1_000;

export function askHalfClosed(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  // HTTP/1.0 knows no interim answers.
  if (request.httpVersion === '1.0') return;
  let timer: NodeJS.Timeout | undefined;
  const ask = (): void => {
    timer = setInterval(() => {
      if (response.headersSent || socket.destroyed) clearInterval(timer);
      else response.writeProcessing();
    }, everyMs);
  };
  if (socket.readableEnded) ask();
  else socket.once('end', ask);
  response.once('close', () => {
    clearInterval(timer);
    socket.off('end', ask);
  });
}
