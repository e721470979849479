/**
 * What node:http cannot parse. Where it concerns the body of a request that is being answered, that request is told;
 * else there is no request yet, and the answer is written by hand.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { badInput, GridholdError } from '../errors/gridhold-error.ts';
import { brokenOff } from './body-stream.ts';
import { failInFlight } from './in-flight.ts';
import { problemDocument } from './problem.ts';

export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (failInFlight(socket, bodyError(error))) return;
  // Browsers open spare connections, and would take an answer on one for that to their next request.
  const isSpare =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && 'bytesRead' in socket && socket.bytesRead === 0;
  if (!socket.writable || isSpare || error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const refusal = headError(error);
  const content = problemDocument(refusal, requestId);
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(content)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    content,
  ];
  socket.end(lines.join('\r\n'), () => socket.destroy());
}

function bodyError(error: NodeJS.ErrnoException): GridholdError {
  // The client closed its sending half in the middle of a body.
  if (error.code === 'HPE_INVALID_EOF_STATE' || error.code === 'ECONNRESET') return brokenOff();
  return badInput('The framing of the body is malformed');
}

function headError(error: NodeJS.ErrnoException): GridholdError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GridholdError('REQUEST_TOO_LARGE', 'The request line and headers are too long');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GridholdError('REQUEST_TIMEOUT', 'The headers did not come in time');
    default:
      return badInput('This is not an HTTP/1.1 request');
  }
}
