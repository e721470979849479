/** From Yoga's answer to node:http's. What stands around an answer, and its end, are the mount's. */
import type { ServerResponse } from 'node:http';

/**
 * Writes a fetch Response to a node response, whole. It is left to the mount to end it, once the request's body is dealt
 * with: node destroys a connection that is to close at `end`, under a client that still sends.
 */
export async function sendResponse(response: ServerResponse, answer: Response): Promise<void> {
  const body = new Uint8Array(await answer.arrayBuffer());
  // Whoever mounted us may have answered already, where the client fell silent.
  if (response.headersSent || response.destroyed) return;
  // Whoever mounted us has said what its part of the answer varies by.
  const vary = response.getHeader('Vary');
  for (const [name, value] of answer.headers) {
    response.setHeader(name, name === 'vary' && vary !== undefined ? `${String(vary)}, ${value}` : value);
  }
  response.setHeader('Content-Length', body.byteLength);
  response.writeHead(answer.status);
  if (body.byteLength === 0) response.flushHeaders();
  else response.write(body);
}
