/** The head of a node:http request in the edge's terms. */
import type { IncomingMessage } from 'node:http';
import type { RequestHead } from './exchange.ts';

export function nodeHead(request: IncomingMessage): RequestHead {
  const header = (name: string): string | null => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  };
  const isEncrypted = 'encrypted' in request.socket && request.socket.encrypted === true;
  const target = splitTarget(request.url ?? '/');
  return {
    method: request.method ?? 'GET',
    path: target.path,
    search: target.search,
    host: target.authority ?? header('host'),
    scheme: isEncrypted ? 'https' : 'http',
    peerAddress: request.socket.remoteAddress ?? null,
    header,
  };
}

/** Origin-form, absolute-form and asterisk-form: RFC 9112, section 3.2. Paths stay as they were sent. */
function splitTarget(target: string): { authority: string | null; path: string; search: string } {
  const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(target);
  const origin = absolute ? (absolute[2] ?? '') : target;
  const question = origin.indexOf('?');
  const path = question === -1 ? origin : origin.slice(0, question);
  return {
    authority: absolute?.[1] ?? null,
    path: path === '' ? '/' : path,
    search: question === -1 ? '' : origin.slice(question),
  };
}
