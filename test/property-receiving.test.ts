/** What clients send with an upload: what was written comes back, and what was not is refused by its name. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseContentType } from '../src/domain/content-type.ts';
import { GridholdError } from '../src/errors/gridhold-error.ts';
import { parseAttachTo } from '../src/http/receiving/attach-to.ts';
import { parseContentDigest, parseDigest } from '../src/http/receiving/digest-headers.ts';
import { readForm } from '../src/http/receiving/form-file.ts';

/** The value, or the code of the refusal: anything else that is thrown is a fault. */
function outcomeOf<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (error instanceof GridholdError) return error.code;
    throw error;
  }
}

const space = fc.constantFrom('', ' ', '\t');
const key = fc.constantFrom('sha-256', 'sha-512', 'md5', 'unixsum', 'id-sha-256');
/** Mostly as long as a SHA-256. */
const hash = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ minLength: 32, maxLength: 32 }) },
  fc.uint8Array({ maxLength: 64 }),
);
const members = fc.array(fc.tuple(key, hash, space, space), { minLength: 1, maxLength: 4 });

/** Of repeated ones the last counts; one that can't be a SHA-256 is refused, wherever it stands. */
function announced(digests: readonly (readonly [string, Uint8Array])[]): string | null {
  const ours = digests.filter(([name]) => name === 'sha-256').map(([, bytes]) => bytes);
  if (ours.some((bytes) => bytes.byteLength !== 32)) return 'BAD_USER_INPUT';
  const last = ours.at(-1);
  return last === undefined ? null : Buffer.from(last).toString('hex');
}

test('Content-Digest and Digest give back the SHA-256 that was written into them', () => {
  fc.assert(
    fc.property(members, fc.boolean(), (digests, isPadded) => {
      const written = (before: string, after: string): string =>
        digests
          .map(([name, bytes, left, right]) => {
            const base64 = Buffer.from(bytes).toString('base64');
            return `${left}${name}=${before}${isPadded ? base64 : base64.replace(/=+$/, '')}${after}${right}`;
          })
          .join(',');
      const expected = announced(digests.map(([name, bytes]) => [name, bytes]));
      expect(outcomeOf(() => parseContentDigest(written(':', ':')))).toBe(expected);
      // In the older form nothing is no value.
      if (digests.every(([, bytes]) => bytes.byteLength > 0)) {
        expect(outcomeOf(() => parseDigest(written('', '')))).toBe(expected);
      }
    }),
    { numRuns: 500 },
  );
});

const base64Characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

test('a digest that is another by one character announces another, or is refused', () => {
  const digest = createHash('sha256').update('bytes').digest('base64');
  const hex = createHash('sha256').update('bytes').digest('hex');
  const header = `sha-256=:${digest}:`;
  fc.assert(
    fc.property(
      fc.oneof(fc.nat({ max: header.length - 1 }), fc.constant(header.length - 3)),
      fc.oneof(
        fc.string({ unit: 'binary-ascii', maxLength: 1 }),
        fc.string({ unit: fc.constantFrom(...base64Characters), minLength: 1, maxLength: 1 }),
      ),
      (at, other) => {
        fc.pre(other !== header[at]);
        const changed = `${header.slice(0, at)}${other}${header.slice(at + 1)}`;
        const outcome = outcomeOf(() => parseContentDigest(changed));
        // Padding may be left out, and space may stand around.
        const isSame = changed.trim() === header || changed === header.replace(/=:$/, ':');
        expect(outcome === hex).toBe(isSame);
        expect(outcome === null || outcome === 'BAD_USER_INPUT' || /^[0-9a-f]{64}$/.test(outcome)).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});

const part = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.string({ unit: fc.constantFrom(...'/%2F25+& é=#a'), maxLength: 6 }),
);

test('attachTo gives back the names that were written into a query, whatever they hold', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const written = parts.map((text) => encodeURIComponent(text)).join('/');
      const query = new URLSearchParams(`attachTo=${encodeURIComponent(written)}`).get('attachTo') ?? '';
      const [collection, documentId, field] = parts;
      const expected =
        parts.length < 2 || parts.length > 3
          ? 'BAD_USER_INPUT'
          : { document: { collection, documentId }, ...(parts.length === 3 ? { field } : {}) };
      expect(outcomeOf(() => parseAttachTo(query))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('attachTo of any text is two or three parts or BAD_USER_INPUT', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a/%2F5Z\ud800é') }), (text) => {
      const outcome = outcomeOf(() => parseAttachTo(text));
      if (outcome === 'BAD_USER_INPUT') return;
      expect([2, 3]).toContain(text.split('/').length);
    }),
    { numRuns: 500 },
  );
});

const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~\w]{1,12}$/);
const typeNoise = fc.string({ unit: fc.constantFrom(...'text/plain;=" \\\t,*é\r\n\0x'), maxLength: 40 });

test('a content type is silence, or one that is read as itself and may stand in a header', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        typeNoise,
        fc.tuple(token, token, typeNoise).map(([a, b, c]) => `${a}/${b};${c}`),
        fc.tuple(token, fc.nat({ max: 300 })).map(([a, length]) => `${a}/x;y=${'z'.repeat(length)}`),
      ),
      (raw) => {
        const type = parseContentType(raw);
        if (type === null) return;
        expect(parseContentType(type)).toBe(type);
        expect(type).toMatch(/^[\t\x20-\x7e\x80-\xff]{3,255}$/);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a type of two tokens is taken in lower case, with its parameters', () => {
  const parameter = fc.tuple(token, fc.stringMatching(/^[\x20-\x7e]{1,10}$/));
  fc.assert(
    fc.property(token, token, fc.array(parameter, { maxLength: 3 }), (type, subtype, parameters) => {
      fc.pre(type !== '*' && subtype !== '*');
      const quoted = parameters
        .map(([name, value]) => `;${name}="${value.replace(/[\\"]/g, '\\$&')}"`)
        .join('');
      const parsed = parseContentType(`${type}/${subtype}${quoted}`);
      const names = parameters.map(([name]) => name.toLowerCase());
      expect(parsed?.startsWith(`${type}/${subtype}`.toLowerCase())).toBe(true);
      for (const name of names) expect(parsed).toContain(`;${name}=`);
    }),
    { numRuns: 500 },
  );
});

async function nameOfForm(name: string): Promise<string | null> {
  const form = `--B\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\nx\r\n--B--\r\n`;
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(form);
  }
  const reader = readForm(body(), 'multipart/form-data; boundary=B', null);
  try {
    return (await reader.file).filename;
  } finally {
    reader.stop();
  }
}

test('the name of a part of a form is the one that browsers wrote, its last part where it is a path', async () => {
  // Browsers write these escaped (HTML, multipart/form-data), and the multipart library gives them back so.
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    .filter((text) => !/["\r\n\\\0]/.test(text) && text.isWellFormed());
  await fc.assert(
    fc.asyncProperty(name, async (text) => {
      const last = text.split('/').at(-1) ?? '';
      // Names of folders to the multipart library.
      expect(await nameOfForm(text)).toBe(last === '.' || last === '..' ? '' : last);
    }),
    { numRuns: 200 },
  );
});
