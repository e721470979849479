/** What a caller may say to a third party: the method, and headers that do not frame, route or hide the request. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { badInput } from '../errors/gridhold-error.ts';

const methods = ['PUT', 'POST', 'PATCH'];

/** What frames the message or holds for one connection only is not the caller's (RFC 9110, section 7.6.1). */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const mostHeaders = 64;
const mostCharacters = 16_384;

/** @throws BAD_USER_INPUT */
export function checkMethod(method: string | null | undefined): string {
  if (method == null) return 'PUT';
  if (typeof method === 'string' && methods.includes(method)) return method;
  throw badInput(`method: must be ${methods.join(', ')}`);
}

/**
 * Names in lower case. Messages name the header and never its value, which may be a secret.
 * @throws BAD_USER_INPUT
 */
export function checkHeaders(headers: object | null | undefined): Readonly<Record<string, string>> {
  // An app's own call may bring a Headers object, whose entries are not its properties: they would be lost.
  if (headers != null && ![Object.prototype, null].includes(Object.getPrototypeOf(headers))) {
    throw badInput('headers: must be a plain object of names and values');
  }
  const checked = new Map<string, string>();
  let characters = 0;
  for (const [given, value] of Object.entries(headers ?? {})) {
    const name = given.toLowerCase();
    const shown = given.slice(0, 64);
    if (!isValid(() => validateHeaderName(given)))
      throw badInput(`headers: ${JSON.stringify(shown)} is no name`);
    if (framing.has(name) || name.startsWith('proxy-')) throw badInput(`headers: ${shown} can not be set`);
    if (typeof value !== 'string') throw badInput(`headers: ${shown} must be a string`);
    if (!isValid(() => validateHeaderValue(given, value))) {
      throw badInput(`headers: ${shown} holds a character that no header may hold`);
    }
    if (checked.has(name)) throw badInput(`headers: ${shown} is there twice`);
    checked.set(name, value);
    characters += name.length + value.length;
  }
  if (checked.size > mostHeaders) throw badInput(`headers: must be at most ${mostHeaders}`);
  if (characters > mostCharacters) throw badInput(`headers: must be at most ${mostCharacters} characters`);
  return Object.fromEntries(checked);
}

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
