/**
 * What each kind of setting may hold, as zod schemas from text to value. A message says what would have been right;
 * it repeats the value only where that can hold no secret.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Bounds } from './bounds.ts';
import { isHostName } from './host-name.ts';
import type { Settings } from './settings.ts';
import { durationExamples, parseDuration, parseSize, sizeExamples } from './units.ts';

export type Context = z.RefinementCtx<string>;

export function refuse(context: Context, message: string): never {
  context.issues.push({ code: 'custom', message, input: context.value });
  return z.NEVER;
}

export const quoted = (text: string): string =>
  JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);

export const plainText = z.string();

export function oneOf<const T extends string>(...values: readonly T[]) {
  return z.string().transform((text, context): T => {
    const match = values.find((value) => value === text);
    return match ?? refuse(context, `${quoted(text)} is none of ${values.join(', ')}`);
  });
}

export const port = z.string().transform((text, context) => {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 65_536;
  return number <= 65_535 ? number : refuse(context, `${quoted(text)} is not a port from 0 to 65535`);
});

export const host = z.string().transform((text, context) => {
  const name = text.replace(/^\[(.*)\]$/, '$1');
  return isIP(name) !== 0 || isHostName(name)
    ? name
    : refuse(context, `${quoted(text)} is not an IP address or host name`);
});

export function duration({ atLeastMs, atMostMs }: Bounds) {
  return z.string().transform((text, context) => {
    const milliseconds = parseDuration(text);
    if (milliseconds === null)
      return refuse(context, `${quoted(text)} is not a duration such as ${durationExamples}`);
    if (milliseconds >= atLeastMs && milliseconds <= atMostMs) return milliseconds;
    return refuse(context, `${quoted(text)} is not between ${written(atLeastMs)} and ${written(atMostMs)}`);
  });
}

/** `Cache-Control` counts in whole seconds (RFC 9111, section 1.2.2). */
export function wholeSeconds(bounds: Bounds) {
  return duration(bounds).transform((milliseconds, context) => {
    if (milliseconds % 1000 === 0) return milliseconds / 1000;
    context.issues.push({
      code: 'custom',
      message: 'it must be a whole number of seconds',
      input: milliseconds,
    });
    return z.NEVER;
  });
}

export function durationOr<const T extends string>(word: T, bounds: Bounds) {
  const schema = duration(bounds);
  return z.string().transform((text, context): number | T => {
    if (text === word) return word;
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    return refuse(context, `${result.error.issues[0]?.message ?? 'it is no duration'}, nor ${quoted(word)}`);
  });
}

function written(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds}ms`;
  if (milliseconds < 86_400_000) return `${milliseconds / 1_000}s`;
  return `${Math.floor(milliseconds / 86_400_000)}d`;
}

export const size = z.string().transform((text, context) => {
  const bytes = parseSize(text);
  if (bytes === null) return refuse(context, `${quoted(text)} is not a size such as ${sizeExamples}`);
  return bytes >= 1 ? bytes : refuse(context, 'it must be at least 1 byte');
});

/** Split at commas; empty parts are ignored, such as behind a trailing comma. */
export const parts = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** An origin and a path prefix, without a trailing slash: what is put before `/files/…`. */
export const baseUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return refuse(
      context,
      'it is not an address such as https://files.example.org or https://example.org/files',
    );
  }
  if (url.username !== '' || url.password !== '')
    return refuse(context, 'it must hold no user name or password');
  if (/[?#]/.test(text)) return refuse(context, 'it must have no query and no fragment');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
});

/** As browsers send them in `Origin`: RFC 6454, section 6.2. Apps in a shell send schemes of their own. */
export const origins = z.string().transform((text, context): readonly string[] => {
  const found: string[] = [];
  for (const part of parts(text)) {
    const lowerCase = part.toLowerCase();
    const isOrigin = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#@\s*:[\]]+|\[[\da-f:.]+\])(?::\d{1,5})?$/.test(lowerCase);
    if (!isOrigin || !URL.canParse(lowerCase)) {
      return refuse(
        context,
        `${quoted(part)} is not an origin such as https://app.example.org: no path, no *`,
      );
    }
    const { origin } = new URL(lowerCase);
    found.push(origin === 'null' ? lowerCase : origin);
  }
  return found.length > 0 ? [...new Set(found)] : refuse(context, 'it names no origin');
});

export const contentTypes = z.string().transform((text, context): readonly string[] => {
  // RFC 9110, section 5.6.2: what a type and a subtype are made of.
  const pattern = /^[\w!#$%&'+.^`|~-]+\/(?:\*|[\w!#$%&'+.^`|~-]+)$/;
  const found = parts(text).map((part) => part.toLowerCase());
  const wrong = found.find((part) => !pattern.test(part));
  if (wrong !== undefined)
    return refuse(context, `${quoted(wrong)} is not a type such as image/png or image/*`);
  return found.length > 0 ? [...new Set(found)] : refuse(context, 'it names no type');
});

/** Nothing of the value is repeated: a secret may stand where an ID should. */
export const signingKeys = z.string().transform((text, context) => {
  const keys: { readonly id: string; readonly secret: string }[] = [];
  for (const [index, part] of parts(text).entries()) {
    const colon = part.indexOf(':');
    const id = part.slice(0, Math.max(colon, 0));
    const secret = part.slice(colon + 1);
    const ordinal = `key ${index + 1}`;
    if (colon === -1) return refuse(context, `${ordinal} is not written as id:secret`);
    if (!/^[\w-]{1,32}$/.test(id)) {
      return refuse(context, `${ordinal} has an ID that is not 1 to 32 letters, digits, _ or -`);
    }
    if (secret.length < 16) return refuse(context, `${ordinal} has a secret of less than 16 characters`);
    if (keys.some((key) => key.id === id)) return refuse(context, `${ordinal} has the ID of an earlier one`);
    keys.push({ id, secret });
  }
  return keys.length > 0 ? keys : refuse(context, 'it holds no key');
});

/** Whether it leads anywhere is the driver's to say. It may hold a password, so nothing of it is repeated. */
export const mongodbUri = z.string().transform((text, context) => {
  // User and password end at the last @ before the path.
  const [, hosts = ''] = /^mongodb(?:\+srv)?:\/\/(?:[^\s/]*@)?([^\s/?@]+)(?:[/?]|$)/.exec(text) ?? [];
  // The driver would end the process for a host without a name.
  const looksRight = hosts.split(',').every((one) => /^[^:]/.test(one));
  return looksRight ? text : refuse(context, 'it does not look like mongodb://host:27017/?replicaSet=name');
});

/** Those of MongoDB's own: a URI may name one for its authentication. */
export function isDatabaseOfMongodb(name: string): boolean {
  return ['admin', 'config', 'local'].includes(name.toLowerCase());
}

/** MongoDB's own rules for names, on its strictest platform; its own three databases are not for us. */
export const databaseName = z.string().transform((text, context) => {
  const isName = /^[^/\\. "$*<>:|?\0]+$/.test(text) && Buffer.byteLength(text) <= 63;
  return isName && !isDatabaseOfMongodb(text)
    ? text
    : refuse(context, `${quoted(text)} can't be the name of a database of ours`);
});

export const auth = z.string().transform((text, context): Settings['auth'] => {
  const named = [...new Set(parts(text))];
  if (named.length === 1 && named[0] === 'none') return 'none';
  const methods = named.filter((part) => part === 'keys' || part === 'jwt');
  if (methods.length === named.length && methods.length > 0) return methods;
  return refuse(context, `${quoted(text)} is neither none nor a list of keys and jwt`);
});

/** What a bearer token may hold (RFC 6750, section 2.1), and long enough not to be guessed. Nothing of it is repeated. */
export const metricsToken = z.string().transform((text, context) => {
  if (!/^[\w.~+/-]+=*$/.test(text)) return refuse(context, 'it must be letters, digits and -._~+/ only');
  return text.length >= 16 && text.length <= 512
    ? text
    : refuse(context, `it has ${text.length} characters; it must have 16 to 512`);
});

/** RFC 7518, section 3.2: a key of at least the hash's size. Nothing of it is repeated. */
export const jwtSecret = z.string().transform((text, context) => {
  const bytes = Buffer.byteLength(text);
  return bytes >= 32 ? text : refuse(context, `it has ${bytes} bytes; HS256 needs at least 32`);
});

/** RFC 7518, section 3.1, and RFC 8037. `none` is not among them. */
const signatureAlgorithms = [
  ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
];

export const jwtAlgorithms = z.string().transform((text, context): readonly string[] => {
  const named = [...new Set(parts(text))];
  const wrong = named.find((name) => !signatureAlgorithms.includes(name));
  if (wrong !== undefined)
    return refuse(context, `${quoted(wrong)} is none of ${signatureAlgorithms.join(', ')}`);
  return named.length > 0 ? named : refuse(context, 'it names no algorithm');
});

/** A whole number of 1 or more, or `off`. */
export const countOrOff = z.string().transform((text, context): number | 'off' => {
  if (text === 'off') return text;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return count >= 1 ? count : refuse(context, `${quoted(text)} is neither a whole number from 1 nor "off"`);
});

export const sizeOrZero = z.string().transform((text, context) => {
  return parseSize(text) ?? refuse(context, `${quoted(text)} is not a size such as ${sizeExamples}, nor 0`);
});
