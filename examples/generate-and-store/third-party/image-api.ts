/**
 * A stand-in for an image API of somebody else's, so that the example runs without an account. It draws real PNGs, takes
 * prints, and misbehaves as real ones do where the whole prompt is one of these words: `fail`, `busy`, `text`, `slow`,
 * `break`; `jam` stops its printer. Nothing here is part of the app.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { PNG } from 'pngjs';
import { drawPicture } from './draw-picture.ts';

export interface ThirdParty {
  readonly url: string;
  close(): void;
}

const mostRequestBytes = 16 * 1024;
/** Real ones think for longer. */
const thinkingMs = 600;
const pieceBytes = 512;

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

const routes: Readonly<Record<string, Handler>> = {
  'POST /v1/images': makeImage,
  'PUT /v1/prints': takePrint,
};

/** @param port 0 takes a free one */
export async function startThirdParty(port: number): Promise<ThirdParty> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const handler = routes[`${request.method} ${url.pathname}`];
    if (!handler) return answer(response, 404, { error: 'No such thing here' });
    handler(request, response, url).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://127.0.0.1:${taken}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function makeImage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const prompt = await promptIn(request);
  if (prompt === null) return answer(response, 400, { error: 'prompt: a text is needed' });
  await pause(thinkingMs);
  switch (prompt.trim().toLowerCase()) {
    case 'fail':
      return answer(response, 500, { error: 'The model fell over' });
    case 'busy':
      response.setHeader('Retry-After', '30');
      return answer(response, 429, { error: 'Too many requests' });
    case 'text':
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
      response.end('<!doctype html><h1>We will be back soon</h1>');
      return;
    case 'slow':
      return await sendSome(response, prompt, async () => await pause(250));
    case 'break':
      return await sendSome(response, prompt, async (share) => {
        if (share < 0.5) return;
        // What is written already shall arrive.
        await pause(100);
        response.destroy();
      });
    default:
      response.writeHead(200, { 'Content-Type': 'image/png' });
      await pipeline(drawPicture(prompt).pack(), response);
  }
}

/** An image in small pieces, with something between them. */
async function sendSome(
  response: ServerResponse,
  prompt: string,
  between: (shareSent: number) => Promise<void>,
): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'image/png' });
  const image = PNG.sync.write(drawPicture(prompt));
  await pipeline(async function* () {
    for (let sent = 0; sent < image.byteLength; sent += pieceBytes) {
      yield image.subarray(sent, sent + pieceBytes);
      await between(sent / image.byteLength);
    }
  }, response);
}

async function takePrint(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of request) {
    const piece = Buffer.from(chunk);
    hash.update(piece);
    bytes += piece.byteLength;
  }
  await pause(thinkingMs);
  if (url.searchParams.get('title')?.trim().toLowerCase() === 'jam') {
    return answer(response, 503, { error: 'Paper jam' });
  }
  const sha256 = hash.digest('hex');
  answer(response, 201, { number: `P-${sha256.slice(0, 6).toUpperCase()}`, bytes, sha256 });
}

async function promptIn(request: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const piece = Buffer.from(chunk);
    bytes += piece.byteLength;
    if (bytes > mostRequestBytes) return null;
    pieces.push(piece);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(pieces).toString());
    if (typeof body !== 'object' || body === null || !('prompt' in body)) return null;
    return typeof body.prompt === 'string' ? body.prompt : null;
  } catch {
    return null;
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
