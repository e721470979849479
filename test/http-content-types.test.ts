/** What each fixture is stored and served as, declared and not, and what a browser may do with it. */
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, newUploadUrl, outcomeOf, problemIn, storedBy, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const unknown = 'application/octet-stream';

interface Expected {
  /** As a browser would declare it: this is what is stored. */
  readonly declared: string;
  /** What is stored where nothing was declared. */
  readonly undeclared: string;
  readonly shown: 'inline' | 'attachment';
}

const table: Readonly<Record<string, Expected>> = {
  'photo.jpg': { declared: 'image/jpeg', undeclared: 'image/jpeg', shown: 'inline' },
  'picture.png': { declared: 'image/png', undeclared: 'image/png', shown: 'inline' },
  'picture.svg': { declared: 'image/svg+xml', undeclared: 'image/svg+xml', shown: 'inline' },
  'picture-no-prolog.svg': { declared: 'image/svg+xml', undeclared: 'image/svg+xml', shown: 'inline' },
  'clip.mp4': { declared: 'video/mp4', undeclared: 'video/mp4', shown: 'inline' },
  'clip.webm': { declared: 'video/webm', undeclared: 'video/webm', shown: 'inline' },
  'sound.webm': { declared: 'audio/webm', undeclared: 'video/webm', shown: 'inline' },
  'sound.mp3': { declared: 'audio/mpeg', undeclared: 'audio/mpeg', shown: 'inline' },
  'sound.ogg': { declared: 'audio/ogg', undeclared: 'audio/ogg', shown: 'inline' },
  'page.pdf': { declared: 'application/pdf', undeclared: 'application/pdf', shown: 'inline' },
  'report.docx': { declared: docx, undeclared: docx, shown: 'attachment' },
  'report-types-last.docx': { declared: docx, undeclared: docx, shown: 'attachment' },
  'sheet.xlsx': { declared: xlsx, undeclared: xlsx, shown: 'attachment' },
  'book.epub': { declared: 'application/epub+zip', undeclared: 'application/epub+zip', shown: 'attachment' },
  'archive.zip': { declared: 'application/zip', undeclared: 'application/zip', shown: 'attachment' },
  'note.txt': { declared: 'text/plain;charset=utf-8', undeclared: unknown, shown: 'inline' },
  'data.json': { declared: 'application/json', undeclared: unknown, shown: 'attachment' },
  'page.html': { declared: 'text/html', undeclared: unknown, shown: 'attachment' },
  'empty.bin': { declared: unknown, undeclared: unknown, shown: 'attachment' },
};

const rows = Object.entries(table);

describe('a fixture', () => {
  it('has a line in the table here, each of them', () => {
    const files = readdirSync(new URL('./fixtures/', import.meta.url));
    expect(Object.keys(table).sort()).toEqual(
      files.filter((name) => !/^(README\.md|make\.sh)$/.test(name)).sort(),
    );
  });

  it.each(rows)('%s is stored and served as declared', async (name, { declared, shown }) => {
    const bytes = fixture(name);
    const { url } = await newUploadUrl(service, { filename: name });
    const stored = await storedBy(
      await fetch(url, { method: 'PUT', body: Buffer.from(bytes), headers: { 'content-type': declared } }),
    );
    expect(stored.contentType).toBe(declared);
    const served = await fetch(stored.url);
    expect(served.headers.get('content-type')).toBe(declared);
    expect(served.headers.get('x-content-type-options')).toBe('nosniff');
    expect(served.headers.get('content-disposition')).toMatch(new RegExp(`^${shown}; filename="?${name}`));
    expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true);
    const asDownload = await fetch(`${stored.url}?download`, { method: 'HEAD' });
    expect(asDownload.headers.get('content-disposition')).toMatch(/^attachment; filename=/);
  });

  it.each(rows)('%s is what its bytes show where nothing is said', async (name, { undeclared }) => {
    expect((await storeFile(service, fixture(name))).contentType).toBe(undeclared);
  });

  it.each([
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=UTF-8',
    'application/octet-stream',
    'a/b/c',
    'foo',
    'text/',
    'image/*',
    '',
  ])('%j says nothing: the bytes decide', async (contentType) => {
    for (const name of ['photo.jpg', 'report.docx', 'note.txt']) {
      const stored = await storeFile(service, fixture(name), { headers: { 'content-type': contentType } });
      expect(stored.contentType, name).toBe(table[name]?.undeclared);
    }
  });

  it.each(rows)('%s is served as a form part declared it', async (name, { declared }) => {
    const form = new FormData();
    form.append('file', new Blob([Buffer.from(fixture(name))], { type: declared }), name);
    const { url } = await newUploadUrl(service);
    const stored = await storedBy(await fetch(url, { method: 'POST', body: form }));
    expect(stored.contentType).toBe(declared);
  });

  it.each([
    ['no type', ''],
    ['an empty type', 'Content-Type:\r\n'],
    ['a type that can not be parsed', 'Content-Type: foo\r\n'],
  ])('a form part with %s says nothing: the bytes decide', async (_what, line) => {
    const field = 'Content-Disposition: form-data; name="kind"\r\nContent-Type: text/html\r\n\r\nnote';
    for (const name of ['photo.jpg', 'report.docx', 'note.txt']) {
      const head = `--edge\r\n${field}\r\n--edge\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n${line}\r\n`;
      const { url } = await newUploadUrl(service);
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary="edge"' },
        body: Buffer.concat([Buffer.from(head), fixture(name), Buffer.from('\r\n--edge--\r\n')]),
      });
      expect((await storedBy(answer)).contentType, name).toBe(table[name]?.undeclared);
    }
  });

  it.each([
    ['photo.jpg', 'image/png', 'image/jpeg'],
    ['photo.jpg', 'text/html', 'image/jpeg'],
    ['page.pdf', 'image/png', 'application/pdf'],
    ['picture.svg', 'image/png', 'image/svg+xml'],
    ['clip.mp4', 'audio/mp4', 'audio/mp4'],
    ['report.docx', 'application/zip', 'application/zip'],
    ['archive.zip', docx, docx],
    ['archive.zip', 'image/jpeg', 'application/zip'],
    ['note.txt', 'text/markdown', 'text/markdown'],
    ['data.json', 'application/ld+json', 'application/ld+json'],
  ])('%s declared as %s is stored as %s', async (name, declared, stored) => {
    const { contentType } = await storeFile(service, fixture(name), {
      headers: { 'content-type': declared },
    });
    expect(contentType).toBe(stored);
  });
});

describe('GRIDHOLD_CONTENT_TYPES', () => {
  it('is what may be stored at all, by what is stored and not by what is declared', async () => {
    const narrow = await startService({ GRIDHOLD_CONTENT_TYPES: 'image/*, application/pdf' });
    const send = async (name: string, contentType: string): Promise<Response> =>
      await fetch(`${narrow.url}/files`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: Buffer.from(fixture(name)),
      });
    for (const name of ['photo.jpg', 'picture.svg', 'page.pdf']) {
      expect(await outcomeOf(await send(name, 'application/x-www-form-urlencoded'))).toBe('201');
    }
    const problem = await problemIn(await send('clip.mp4', 'image/png'));
    expect(problem).toMatchObject({
      code: 'CONTENT_TYPE_NOT_ALLOWED',
      declared: 'image/png',
      detected: 'video/mp4',
      allowed: ['image/*', 'application/pdf'],
    });
    expect(await outcomeOf(await send('note.txt', 'text/plain'))).toBe('415 CONTENT_TYPE_NOT_ALLOWED');
    expect(await outcomeOf(await send('note.txt', ''))).toBe('415 CONTENT_TYPE_NOT_ALLOWED');
    await narrow.stop();
  });
});

describe('what a browser shows', () => {
  const served = async (bytes: Uint8Array | string, contentType: string): Promise<Headers> => {
    const { url } = await storeFile(service, bytes, { headers: { 'content-type': contentType } });
    return (await fetch(url)).headers;
  };

  it('is under a policy that runs no script and asks nobody else, whatever it is', async () => {
    for (const [name, { declared }] of rows) {
      const policy = (await served(fixture(name), declared)).get('content-security-policy') ?? '';
      const directives = new Map(
        policy.split(';').map((text) => {
          const [directive = '', ...values] = text.trim().split(' ');
          return [directive, values] as const;
        }),
      );
      expect(directives.get('default-src'), name).toEqual(["'none'"]);
      expect(directives.has('script-src') || directives.has('script-src-elem'), name).toBe(false);
      expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
    }
  });

  it('is sandboxed where it is SVG, and where it may hold markup', async () => {
    for (const [bytes, type] of [
      [fixture('picture.svg'), 'image/svg+xml'],
      [fixture('page.html'), 'text/html'],
      ['<x/>', 'application/xml'],
      ['<html xmlns="http://www.w3.org/1999/xhtml"/>', 'application/xhtml+xml'],
    ] as const) {
      expect((await served(bytes, type)).get('content-security-policy'), type).toMatch(
        /(?:^|; )sandbox(?:;|$)/,
      );
    }
  });

  it.each([
    'text/html',
    'text/html; charset=utf-8',
    'TEXT/HTML',
    'application/xhtml+xml',
    'application/xml',
    'text/xml',
    'text/css',
    'text/javascript',
    'application/javascript',
    'text/markdown',
    'text/csv',
    'text/calendar',
    'application/json',
    'image/whatever+xml',
    'video/x+xml',
    'multipart/related',
    'message/rfc822',
    'application/x-shockwave-flash',
    'x/y',
  ])('%s is only ever saved', async (contentType) => {
    expect((await served('nothing that a signature shows', contentType)).get('content-disposition')).toBe(
      'attachment',
    );
  });
});
