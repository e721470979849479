import type { ServerResponse } from 'node:http';

/** Writes a fetch Response to a node response. Answers of this edge are whole before they are sent. */
export async function sendResponse(response: ServerResponse, answer: Response): Promise<void> {
  const body = new Uint8Array(await answer.arrayBuffer());
  // Whoever mounted us may have answered already, where the client fell silent.
  if (response.headersSent || response.destroyed) return;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.setHeader('Content-Length', body.byteLength);
  response.writeHead(answer.status);
  await new Promise<void>((resolve) => {
    response.once('close', resolve).end(body, resolve);
  });
}
