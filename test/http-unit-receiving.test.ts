/** What comes beside the bytes: digests, `attachTo`, and the form around a file. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GridholdError } from '../src/errors/gridhold-error.ts';
import { parseAttachTo } from '../src/http/receiving/attach-to.ts';
import { parseContentDigest, parseDigest } from '../src/http/receiving/digest-headers.ts';
import { readForm } from '../src/http/receiving/form-file.ts';

const hex = createHash('sha256').update('hello').digest('hex');
const base64 = createHash('sha256').update('hello').digest('base64');
const malformed = expect.objectContaining({ code: 'BAD_USER_INPUT' });

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('Content-Digest', () => {
  it.each([
    [`sha-256=:${base64}:`, hex],
    [` sha-512=:AAAA:,\tsha-256=:${base64}: `, hex],
    [`sha-256=:${base64}:;weight=1`, hex],
    [`sha-256=:${base64.replace(/=$/, '')}:`, hex],
    ['md5=:AAAA:', null],
  ])('%s is read', (value, sha256) => {
    expect(parseContentDigest(value)).toBe(sha256);
  });

  it.each(['', ',', 'sha-256', `sha-256=${base64}`, 'sha-256=:AAAA:', `SHA-256=:${base64}:`, 'sha-256=:*:'])(
    '%j is malformed',
    (value) => {
      expect(thrownBy(() => parseContentDigest(value))).toEqual(malformed);
    },
  );
});

describe('a Content-Digest of two million characters', () => {
  it('is refused in time that grows with its length, not with its square', () => {
    const value = `sha-256=:${base64}:;${' '.repeat(2_000_000)}"`;
    expect(thrownBy(() => parseContentDigest(value))).toEqual(malformed);
  });
});

describe('Digest', () => {
  it.each([
    [`sha-256=${base64}`, hex],
    [`SHA-256=${base64}, unixsum=30637`, hex],
    ['md5=HUXZLQLMuI/KZ5KDcJPcOA==', null],
  ])('%s is read', (value, sha256) => {
    expect(parseDigest(value)).toBe(sha256);
  });

  it.each(['', 'sha-256', 'sha-256=', `sha-256=${hex}`, 'sha-256=AAAA', 'a b=c'])(
    '%j is malformed',
    (value) => {
      expect(thrownBy(() => parseDigest(value))).toEqual(malformed);
    },
  );
});

describe('attachTo', () => {
  it.each([
    ['posts/1', { document: { collection: 'posts', documentId: '1' } }],
    ['posts/a%2Fb/cover', { document: { collection: 'posts', documentId: 'a/b' }, field: 'cover' }],
    ['posts/100%25', { document: { collection: 'posts', documentId: '100%' } }],
  ])('%s is read', (value, attachTo) => {
    expect(parseAttachTo(value)).toEqual(attachTo);
  });

  it.each(['', 'posts', 'a/b/c/d', 'a/%', 'a/%E0%A4'])('%j is malformed', (value) => {
    expect(thrownBy(() => parseAttachTo(value))).toEqual(malformed);
  });
});

const contentType = 'multipart/form-data; boundary=B';
const filePart = (content: string, name = 'filename="a.txt"') =>
  `--B\r\nContent-Disposition: form-data; name="file"; ${name}\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`;
const fieldPart = (content: string) =>
  `--B\r\nContent-Disposition: form-data; name="x"\r\n\r\n${content}\r\n`;

async function* inPieces(text: string, pieceLength: number): AsyncGenerator<Uint8Array, void, void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.byteLength; at += pieceLength) yield bytes.subarray(at, at + pieceLength);
}

async function read(text: string, options: { pieceLength?: number; sha256?: string; type?: string } = {}) {
  const body = inPieces(text, options.pieceLength ?? 16_384);
  const form = readForm(body, options.type ?? contentType, options.sha256 ?? null);
  const file = await form.file;
  return { ...file, text: (await buffer(file.bytes)).toString() };
}

describe('a form', () => {
  it('gives its one file, whatever stands around it and however it is cut', async () => {
    const content = fc.string({ unit: fc.constantFrom('\r', '\n', '-', 'B', 'x', '\r\n--'), maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 50 }), async (text, pieceLength) => {
        fc.pre(!`\r\n${text}`.includes('\r\n--B'));
        const form = `${fieldPart('1')}${filePart(text)}${fieldPart('2')}--B--\r\n`;
        const file = await read(form, { pieceLength });
        expect(file).toMatchObject({ text, filename: 'a.txt', declaredType: 'text/plain' });
      }),
      { numRuns: 50 },
    );
  });

  it('takes the digest of the whole, or of the file', async () => {
    const form = `${filePart('hello')}--B--\r\n`;
    const whole = createHash('sha256').update(form).digest('hex');
    await expect(read(form, { sha256: whole })).resolves.toMatchObject({ text: 'hello' });
    await expect(read(form, { sha256: hex })).resolves.toMatchObject({ text: 'hello' });
    const other = createHash('sha256').update('other').digest('hex');
    await expect(read(form, { sha256: other })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });

  it.each([
    ['two files', `${filePart('1')}${filePart('2')}--B--\r\n`],
    ['no file', `${fieldPart('1')}--B--\r\n`],
    ['nothing', ''],
    ['no end', filePart('1')],
    [
      'an empty file input',
      `${filePart('', 'filename=""').replace('text/plain', 'application/octet-stream')}--B--\r\n`,
    ],
    ['a malformed part', '--B\r\nno header\r\n\r\nx\r\n--B--\r\n'],
    ['endless fields', `${fieldPart('x'.repeat(2_000_000))}${filePart('1')}--B--\r\n`],
    ['too many fields', `${fieldPart('x').repeat(101)}${filePart('1')}--B--\r\n`],
    ['bytes without end after it', `${filePart('1')}--B--\r\n${'x'.repeat(2_000_000)}`],
  ])('with %s is refused', async (_what, form) => {
    await expect(read(form)).rejects.toEqual(malformed);
  });

  it.each(['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; x'])(
    'announced as %s is refused',
    async (type) => {
      await expect(read('x', { type })).rejects.toEqual(malformed);
    },
  );

  it('passes on what its body throws', async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.from(filePart('x'.repeat(1000)));
      throw new GridholdError('LENGTH_MISMATCH', 'broke off');
    }
    const file = await readForm(broken(), contentType, null).file;
    await expect(buffer(file.bytes)).rejects.toMatchObject({ code: 'LENGTH_MISMATCH' });
  });

  it('lets go of a body that nobody wants any more', async () => {
    let isOver = false;
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      try {
        yield Buffer.from(filePart('x').slice(0, -2));
        for (;;) yield Buffer.alloc(65_536);
      } finally {
        isOver = true;
      }
    }
    const form = readForm(endless(), contentType, null);
    await form.file;
    form.stop();
    await expect.poll(() => isOver).toBe(true);
  });
});

it('cuts the message of an error between two characters', () => {
  const { message } = new GridholdError('BAD_USER_INPUT', `${'x'.repeat(999)}😀 and more`);
  expect(message).toBe(`${'x'.repeat(999)}…`);
});
