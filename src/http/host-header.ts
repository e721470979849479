/**
 * An HTTP/1.1 request names exactly one host, or gets 400 (RFC 9112, section 3.2). Node says so without a word where
 * there is none, and takes the first of several. Which hosts are served is host-check.ts's.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { badInput } from '../errors/gridhold-error.ts';
import { problemDocument } from './problem.ts';

/** Answers where it is not so, and closes the connection: what follows can't be trusted either. */
export function refuseUnlessOneHost(request: IncomingMessage, response: ServerResponse): boolean {
  const { rawHeaders, httpVersion } = request;
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return false;
  const requestId = randomUUID();
  const refusal = badInput(`Host: a request names one, not ${hosts === 0 ? 'none' : 'several'}`);
  const content = problemDocument(refusal, requestId);
  response.writeHead(refusal.status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(content),
    'Cache-Control': 'no-store',
    'X-Request-Id': requestId,
    Connection: 'close',
  });
  response.end(request.method === 'HEAD' ? undefined : content);
  return true;
}
