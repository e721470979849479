/** Names of files in headers, and what a browser is let show. */
import { parse } from 'content-disposition';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentDisposition } from '../src/http/serving/disposition.ts';
import { displayOf } from '../src/http/serving/safe-display.ts';

const nameIn = (header: string) => parse(header).parameters['filename'];

describe('Content-Disposition', () => {
  it.each([
    'photo.jpg',
    'a "quoted" name.txt',
    "it's (1).txt",
    'two\nlines',
    'a\r\nSet-Cookie: evil=1',
    '../../etc/passwd',
    'C:\\temp\\x.txt',
    'Ünïcödé.pdf',
    '日本語.png',
    '😀'.repeat(150),
    'x'.repeat(300),
    '\u0000\u0007\u007f',
    '$owner',
    '100%41.txt',
    'a;b=c, d',
    '',
  ])('carries %j as it is', (name) => {
    expect(nameIn(contentDisposition('attachment', name))).toBe(name);
  });

  it('has no name where the file has none', () => {
    expect(contentDisposition('inline', null)).toBe('inline');
    expect(contentDisposition('attachment', null)).toBe('attachment');
  });

  it('is a valid header that gives the name back, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const header = contentDisposition('inline', name);
        expect(header).toMatch(/^inline; [\x20-\x7e]*$/);
        expect(nameIn(header)).toBe(name);
      }),
    );
  });

  it('survives halves of surrogate pairs and endless names', () => {
    expect(nameIn(contentDisposition('inline', 'a\ud800b'))).toBe('a\ufffdb');
    expect(contentDisposition('inline', '😀'.repeat(1e6)).length).toBeLessThan(16_000);
  });
});

describe('a browser shows', () => {
  it.each([
    'image/jpeg',
    'image/png',
    'image/avif',
    'video/mp4',
    'audio/webm',
    'audio/x-wav',
    'application/pdf',
    'text/plain',
    'text/plain;charset=utf-8',
  ])('%s, under a policy that runs no script', (type) => {
    const display = displayOf(type);
    expect(display.isInline).toBe(true);
    expect(display.contentSecurityPolicy).toContain("default-src 'none'");
    expect(display.contentSecurityPolicy).not.toContain('script-src');
  });

  it('SVG in a sandbox', () => {
    const display = displayOf('image/svg+xml');
    expect(display.isInline).toBe(true);
    expect(display.contentSecurityPolicy).toMatch(/; sandbox$/);
  });

  it.each([
    'text/html',
    'text/html;charset=utf-8',
    'application/xhtml+xml',
    'text/xml',
    'audio/x+xml',
    'image/x+xml',
    'image/unheard-of',
    'text/css',
    'text/javascript',
    'application/json',
    'multipart/x-mixed-replace',
    'application/octet-stream',
    'TEXT/HTML',
  ])('not %s', (type) => {
    const display = displayOf(type);
    expect(display.isInline).toBe(false);
    expect(display.contentSecurityPolicy).toContain('sandbox');
  });
});
