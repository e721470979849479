import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contentTypeAllowed,
  contentTypeSniffer,
  detectContentType,
  maximumHeadBytes,
  narrowContentTypes,
  parseContentType,
  parseContentTypePatterns,
  resolveContentType,
  watchPartTypes,
} from '../src/domain/content-type.ts';

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const apk = 'application/vnd.android.package-archive';

const fixtures = new URL('./fixtures/', import.meta.url);
const bytesOf = (name: string): Buffer => readFileSync(new URL(name, fixtures));
const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const join = (...parts: readonly (Uint8Array | string | readonly number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? ascii(part) : Uint8Array.from(part))));

async function storedType(bytes: Uint8Array, declared: string | null): Promise<string> {
  return resolveContentType({ declared, detected: await detectContentType(bytes) });
}

describe('a declared content type', () => {
  it.each([
    ['image/png', 'image/png'],
    ['  Image/PNG ;  Q=1 ', 'image/png;q=1'],
    ['TEXT/plain; charset="utf-8"', 'text/plain;charset=utf-8'],
    ['audio/webm;codecs=opus', 'audio/webm;codecs=opus'],
    ['text/plain;', 'text/plain'],
    ['text/plain; name="a\\"b; c"', 'text/plain;name="a\\"b; c"'],
  ])('%j is normalised to %j', (raw, parsed) => {
    expect(parseContentType(raw)).toBe(parsed);
  });

  it.each([
    [null],
    [''],
    ['   '],
    ['foo'],
    ['a/b/c'],
    ['/png'],
    ['image/'],
    ['text/plain, image/png'],
    ['image/*'],
    ['*/*'],
    ['text/pl ain'],
    ['text/plain\r\nx: y'],
    ['application/x-www-form-urlencoded'],
    ['application/x-www-form-urlencoded; charset=UTF-8'],
    [`text/${'a'.repeat(200)}`],
  ])('%j is silence', (raw) => {
    expect(parseContentType(raw)).toBeNull();
  });

  it('loses its parameters where they are longer than a header should be', () => {
    expect(parseContentType(`text/plain; note=${'x'.repeat(10_000)}`)).toBe('text/plain');
  });

  it('never throws, stays what it is when parsed again, and can be sent as a header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `text/plain;a="${text}"`),
        ),
        (raw) => {
          const parsed = parseContentType(raw);
          if (parsed === null) return;
          expect(parseContentType(parsed)).toBe(parsed);
          expect(() => new Headers({ 'content-type': parsed })).not.toThrow();
        },
      ),
    );
  });
});

/** What each fixture is by its bytes alone, and what a browser or `curl -H` declares for it, which must stay. */
const table: readonly (readonly [name: string, bytesAlone: string, declared: string])[] = [
  ['photo.jpg', 'image/jpeg', 'image/jpeg'],
  ['picture.png', 'image/png', 'image/png'],
  ['picture.svg', 'image/svg+xml', 'image/svg+xml'],
  ['picture-no-prolog.svg', 'image/svg+xml', 'image/svg+xml'],
  ['clip.mp4', 'video/mp4', 'video/mp4'],
  ['clip.webm', 'video/webm', 'video/webm'],
  ['sound.webm', 'video/webm', 'audio/webm'],
  ['sound.mp3', 'audio/mpeg', 'audio/mpeg'],
  ['sound.ogg', 'audio/ogg', 'audio/ogg'],
  ['page.pdf', 'application/pdf', 'application/pdf'],
  ['report.docx', docx, docx],
  ['report-types-last.docx', docx, docx],
  ['sheet.xlsx', xlsx, xlsx],
  ['book.epub', 'application/epub+zip', 'application/epub+zip'],
  ['archive.zip', 'application/zip', 'application/zip'],
  ['note.txt', 'application/octet-stream', 'text/plain;charset=utf-8'],
  ['data.json', 'application/octet-stream', 'application/json'],
  ['page.html', 'application/octet-stream', 'text/html'],
  ['empty.bin', 'application/octet-stream', 'image/png'],
];

describe('a stored content type', () => {
  it('is checked here for every fixture', () => {
    const made = readdirSync(fixtures).filter((name) => !['README.md', 'make.sh'].includes(name));
    expect(table.map(([name]) => name).sort()).toEqual(made.sort());
  });

  it.each(table)('of %s is %s by its bytes alone', async (name, bytesAlone) => {
    const bytes = bytesOf(name);
    expect(await storedType(bytes, null)).toBe(bytesAlone);
    expect(await storedType(bytes, 'application/x-www-form-urlencoded')).toBe(bytesAlone);
    expect(await storedType(bytes, 'a/b/c')).toBe(bytesAlone);
    expect(await storedType(bytes, 'application/octet-stream')).toBe(bytesAlone);
  });

  it.each(table)('of %s is as declared where its bytes allow it', async (name, _bytesAlone, declared) => {
    expect(await storedType(bytesOf(name), declared)).toBe(declared);
  });

  it.each([
    // The bytes show another type.
    ['photo.jpg', 'image/png', 'image/jpeg'],
    ['photo.jpg', 'image/jpg', 'image/jpeg'],
    ['photo.jpg', 'text/html', 'image/jpeg'],
    ['photo.jpg', 'image/svg+xml', 'image/jpeg'],
    ['picture.png', 'application/x-msdownload', 'image/png'],
    ['picture.png', 'application/vnd.example', 'image/png'],
    ['page.pdf', 'image/png', 'application/pdf'],
    ['page.pdf', 'text/plain', 'application/pdf'],
    ['clip.mp4', 'image/heic', 'video/mp4'],
    ['clip.mp4', 'video/webm', 'video/mp4'],
    ['sound.mp3', 'audio/ogg', 'audio/mpeg'],
    ['clip.webm', 'image/png', 'video/webm'],
    // A container may hold what was declared; the parameters stay with it.
    ['sound.webm', 'audio/webm;codecs=opus', 'audio/webm;codecs=opus'],
    ['sound.webm', 'video/x-matroska', 'video/x-matroska'],
    ['clip.mp4', 'audio/mp4', 'audio/mp4'],
    ['clip.mp4', 'audio/x-m4a', 'audio/x-m4a'],
    ['clip.mp4', 'video/quicktime', 'video/quicktime'],
    ['sound.ogg', 'video/ogg', 'video/ogg'],
    ['sound.ogg', 'application/ogg', 'application/ogg'],
    ['sound.ogg', 'audio/opus', 'audio/opus'],
    ['sound.mp3', 'audio/mp3', 'audio/mp3'],
    ['archive.zip', 'application/x-zip-compressed', 'application/x-zip-compressed'],
    ['archive.zip', 'application/vnd.apple.keynote', 'application/vnd.apple.keynote'],
    ['archive.zip', 'application/vnd.google-earth.kmz', 'application/vnd.google-earth.kmz'],
    ['archive.zip', 'model/vnd.usdz+zip', 'model/vnd.usdz+zip'],
    ['archive.zip', apk, apk],
    // A zip is none of what has a signature of its own, nor text, nor a program for a browser.
    ['archive.zip', 'application/x-7z-compressed', 'application/zip'],
    ['archive.zip', 'application/x-gzip', 'application/zip'],
    ['archive.zip', 'application/pdf', 'application/zip'],
    ['archive.zip', 'application/json', 'application/zip'],
    ['archive.zip', 'application/vnd.api+json', 'application/zip'],
    ['archive.zip', 'application/x-javascript', 'application/zip'],
    ['archive.zip', 'application/vnd.mozilla.xul+xml', 'application/zip'],
    ['archive.zip', 'application/x-httpd-php', 'application/zip'],
    ['archive.zip', 'text/html', 'application/zip'],
    ['archive.zip', 'image/svg+xml', 'application/zip'],
    // A document whose kind is seen is not another kind, but it is a zip.
    ['report.docx', xlsx, docx],
    ['report.docx', 'application/msword', docx],
    ['report.docx', apk, docx],
    ['report.docx', 'application/zip', 'application/zip'],
    ['book.epub', docx, 'application/epub+zip'],
    // An SVG may be called XML, which browsers are never shown; it may not be called something harmless.
    ['picture.svg', 'text/xml', 'text/xml'],
    ['picture.svg', 'application/xml; charset=utf-8', 'application/xml;charset=utf-8'],
    ['picture.svg', 'text/plain', 'image/svg+xml'],
    ['picture.svg', 'image/png', 'image/svg+xml'],
    ['picture.svg', 'text/html', 'image/svg+xml'],
    ['picture.svg', 'application/pdf', 'image/svg+xml'],
    ['picture.svg', 'application/atom+xml', 'image/svg+xml'],
    ['picture-no-prolog.svg', 'image/jpeg', 'image/svg+xml'],
    ['picture-no-prolog.svg', 'text/plain', 'image/svg+xml'],
    // Bytes without a signature show nothing.
    ['note.txt', 'text/markdown', 'text/markdown'],
    ['page.html', 'text/plain', 'text/plain'],
    ['data.json', 'application/geo+json', 'application/geo+json'],
  ])('of %s, declared as %s, is %s', async (name, declared, stored) => {
    expect(await storedType(bytesOf(name), declared)).toBe(stored);
  });
});

describe('an office document that lists its types behind the head', () => {
  // LibreOffice writes the list last, so that a long document is a zip by its first bytes.
  const whole = bytesOf('report-types-last.docx');
  const head = whole.subarray(0, whole.indexOf(ascii('[Content_Types].xml')) - 30);
  it('is a zip where nobody says more', async () => {
    expect(await storedType(head, null)).toBe('application/zip');
  });
  it('does not become a zip where somebody does', async () => {
    expect(await storedType(head, docx)).toBe(docx);
  });
});

describe('XML', () => {
  const xhtml = '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>';
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
  it.each([
    ['a prolog before a root that nobody knows', '<?xml version="1.0"?><order/>', 'application/xml'],
    ['a prolog that ends nowhere', '<?xml version="1.0"', 'application/xml'],
    ['an SVG after a comment', `<!-- ${'x'.repeat(3_000)} -->\n${svg}`, 'image/svg+xml'],
    ['an SVG after white space', `\n\t ${svg}`, 'image/svg+xml'],
    ['an SVG after a byte-order mark', `\xef\xbb\xbf${svg}`, 'image/svg+xml'],
    [
      'an SVG after its document type',
      `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">${svg}`,
      'image/svg+xml',
    ],
    ['an SVG under a prefix', '<s:svg xmlns:s="http://www.w3.org/2000/svg"/>', 'image/svg+xml'],
    ['an SVG that is broken further on', `<?xml version="1.0"?><svg><g></svg>&`, 'image/svg+xml'],
    ['a feed', '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>', 'application/atom+xml'],
    ['XHTML', `<?xml version="1.0"?><!DOCTYPE html>${xhtml}`, 'application/xhtml+xml'],
    ['a page', '<!doctype html><html><body><svg></svg></body></html>', null],
    ['a page that could be XHTML', `<!DOCTYPE html>${xhtml}`, null],
    ['a page without a document type', '<html><head></head></html>', null],
    ['Markdown that begins with a tag', '<p align="center">\n\n# Title', null],
    ['a component', '<template>\n  <svg/>\n</template>', null],
    [
      'an SVG with an entity of its own',
      '<!DOCTYPE svg [<!ENTITY a "b">]><svg a="&a;" b=""><g c="&a;"/>',
      'image/svg+xml',
    ],
    ['a PHP script', '<?php echo "<svg>";', null],
    ['text that mentions it', 'Write <?xml version="1.0"?> first', null],
  ])('%s', async (_what, text, detected) => {
    expect(await detectContentType(ascii(text))).toBe(detected);
  });

  it('is read in UTF-16 as well, with a mark and without', async () => {
    const text = `<?xml version="1.0" encoding="UTF-16"?>${svg}`;
    const littleEndian = Buffer.from(text, 'utf16le');
    expect(await detectContentType(littleEndian)).toBe('image/svg+xml');
    expect(await detectContentType(join([0xff, 0xfe], littleEndian))).toBe('image/svg+xml');
    expect(await detectContentType(join([0xfe, 0xff], Buffer.from(littleEndian).swap16()))).toBe(
      'image/svg+xml',
    );
  });

  it.each([
    ['<?xml version="1.0"?><order/>', 'image/svg+xml', 'image/svg+xml'],
    ['<?xml version="1.0"?><order/>', 'application/vnd.ms-excel', 'application/vnd.ms-excel'],
    ['<?xml version="1.0"?><order/>', 'application/dash+xml', 'application/dash+xml'],
    ['<?xml version="1.0"?><page/>', 'text/html', 'text/html'],
    ['<?xml version="1.0"?><order/>', 'text/plain', 'application/xml'],
    ['<?xml version="1.0"?><order/>', 'image/png', 'application/xml'],
    ['<?xml version="1.0"?><order/>', 'text/javascript', 'application/xml'],
    [xhtml, 'text/html', 'text/html'],
    [xhtml, 'image/svg+xml', 'application/xhtml+xml'],
    [xhtml, 'text/plain', 'application/xhtml+xml'],
  ])('%s, declared as %s, is stored as %s', async (text, declared, stored) => {
    expect(await storedType(ascii(text), declared)).toBe(stored);
  });
});

describe('a signature', () => {
  const zeros = new Uint8Array(64);
  it.each([
    ['a GIF', join('GIF89a', zeros), 'image/gif'],
    ['a JPEG that breaks off', join([0xff, 0xd8, 0xff, 0xe0]), 'image/jpeg'],
    ['a PNG that breaks off', join([0x89], 'PNG\r\n\x1a\n', zeros.subarray(0, 4)), null],
    ['a WebP', join('RIFF', zeros.subarray(0, 4), 'WEBPVP8 '), 'image/webp'],
    ['an AVIF', join([0, 0, 0, 24], 'ftypavif', zeros), 'image/avif'],
    ['a HEIC', join([0, 0, 0, 24], 'ftypheic', zeros), 'image/heic'],
    ['an M4A', join([0, 0, 0, 24], 'ftypM4A ', zeros), 'audio/x-m4a'],
    ['a bitmap', join('BM', zeros.subarray(0, 12), [40, 0, 0, 0], zeros), 'image/bmp'],
    [
      'an icon',
      join([0, 0, 1, 0, 1, 0, 16, 16, 0, 0, 1, 0, 32, 0, 0, 4, 0, 0, 22, 0, 0, 0], zeros),
      'image/x-icon',
    ],
    ['a program', join('MZ', [0x90, 0, 3, 0, 0, 0], zeros), 'application/x-msdownload'],
    ['a WAV', join('RIFF', zeros.subarray(0, 4), 'WAVEfmt '), 'audio/wav'],
    ['a FLAC', join('fLaC', zeros), 'audio/flac'],
    ['a tag before a FLAC', join('ID3', [4, 0, 0, 0, 0, 0, 10], zeros.subarray(0, 10), 'fLaC'), 'audio/flac'],
    [
      'a tag with a picture longer than the head',
      join('ID3', [3, 0, 0, 0, 127, 127, 127], zeros),
      'audio/mpeg',
    ],
    ['a TIFF whose directory is its end', join('II*\0', [0, 0, 0x40, 0], zeros), 'image/tiff'],
    ['a gzip file, whatever is in it', gzipSync(join('<svg/>')), 'application/gzip'],
    ['a gzip file that breaks off', gzipSync(zeros).subarray(0, 12), 'application/gzip'],
    ['a zip of one broken entry', join('PK\x03\x04', new Uint8Array(40).fill(255)), 'application/zip'],
    ['a compound file', join([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], zeros), 'application/x-cfb'],
    ['a font', join('wOF2', [0, 1, 0, 0], zeros), 'font/woff2'],
    ['a calendar', ascii('BEGIN:VCALENDAR\r\nVERSION:2.0'), 'text/calendar'],
    ['subtitles', ascii('WEBVTT\n\n00:00.000 --> 00:01.000\nHello'), 'text/vtt'],
    ['rich text', ascii('{\\rtf1\\ansi Hello}'), 'application/rtf'],
    ['PostScript', ascii('%!PS-Adobe-3.0\nshowpage'), 'application/postscript'],
    ['a PDF after a byte-order mark', ascii('\xef\xbb\xbf%PDF-1.7\n'), 'application/pdf'],
  ])('%s', async (_what, bytes, detected) => {
    expect(await detectContentType(bytes)).toBe(detected);
  });

  it.each([
    ['BMW sold more cars'],
    ['MZ and other letters'],
    ['GIFs are pictures'],
    ['GIF89 was first'],
    ['ID3 tags come first'],
    ['MAC addresses'],
    ['FORM 27b'],
    ['solid ground'],
    ['BZh is a suffix'],
    ['CWS and FWS'],
    ['%!shebang of another kind'],
    ['Our free lunch: 1234free'],
    ['AC1018 is a number'],
    ['\xef\xbb\xbfBM after a mark'],
    ['GRÜSSE'],
    ['{"holds":[]}'],
    [''],
    ['x'],
  ])('is not seen in the text %j', async (text) => {
    expect(await detectContentType(ascii(text))).toBeNull();
    expect(await storedType(ascii(text), 'text/plain')).toBe('text/plain');
  });

  it('is not seen in UTF-16 text', async () => {
    expect(await detectContentType(join([0xff, 0xfe], Buffer.from('A note', 'utf16le')))).toBeNull();
  });

  it('of two bytes alone shows nothing: random bytes keep the type that was declared', async () => {
    const tail = Uint8Array.from({ length: 300 }, (_, index) => (index * 167 + 13) % 256);
    const short = [
      'BM',
      'MZ\xff\xff',
      '\x0b\x77',
      '\x78\x01',
      '\x1f\x9d',
      '\x1f\xa0',
      '\xc7\x71',
      '\x60\xea',
      '\xff\x0a',
      '\xff\xfb',
      '\xff\xf1',
      '\xff\xe2',
    ];
    for (const start of short)
      expect(await storedType(join(start, tail), 'application/vnd.example')).toBe('application/vnd.example');
  });

  it('of MPEG audio is two frames', async () => {
    const mp3 = bytesOf('sound.mp3');
    const frames = mp3.subarray(mp3.indexOf(0xff));
    expect(await detectContentType(frames)).toBe('audio/mpeg');
    expect(await detectContentType(join(frames.subarray(0, 40), zeros))).toBeNull();
  });

  it.each([
    ['application/msword', 'application/msword'],
    ['application/vnd.ms-excel', 'application/vnd.ms-excel'],
    [docx, docx],
    ['image/png', 'application/x-cfb'],
  ])('of a compound file, declared as %s, leaves %s', (declared, stored) => {
    expect(resolveContentType({ declared, detected: 'application/x-cfb' })).toBe(stored);
  });

  it.each([
    ['image/heif', 'image/heic', 'image/heic'],
    ['image/heif', 'image/avif', 'image/avif'],
    ['image/heic', 'image/avif', 'image/heic'],
    ['image/heic', 'image/jpeg', 'image/heic'],
    ['image/heic', 'video/mp4', 'image/heic'],
    ['image/apng', 'image/png', 'image/png'],
    ['image/tiff', 'image/x-nikon-nef', 'image/x-nikon-nef'],
    ['video/vnd.avi', 'video/x-msvideo', 'video/x-msvideo'],
    ['audio/wav', 'audio/x-wav', 'audio/x-wav'],
    ['application/vnd.ms-asf', 'video/x-ms-wmv', 'video/x-ms-wmv'],
    ['application/gzip', 'application/x-tgz', 'application/x-tgz'],
    ['application/gzip', 'application/x-gzip', 'application/x-gzip'],
    [
      'application/gzip',
      'application/vnd.oci.image.layer.v1.tar+gzip',
      'application/vnd.oci.image.layer.v1.tar+gzip',
    ],
    ['application/gzip', 'image/svg+xml', 'application/gzip'],
    ['application/java-archive', apk, apk],
    ['application/x-sqlite3', 'application/geopackage+sqlite3', 'application/geopackage+sqlite3'],
    ['application/zip', 'application/x-download', 'application/zip'],
    [null, 'application/x-download', 'application/x-download'],
  ])('of %s, declared as %s, leaves %s', (detected, declared, stored) => {
    expect(resolveContentType({ declared, detected })).toBe(stored);
  });
});

describe('hostile bytes', () => {
  const signatures = [
    ...table.map(([name]) => bytesOf(name).subarray(0, 48)),
    ...[
      'PK\x03\x04',
      'PK\x05\x06',
      'II*\0',
      'MM\0*',
      'ID3\x03\0\0',
      '\x1a\x45\xdf\xa3',
      'OggS',
      'RIFF',
      '!<arch>\n',
      '{\\rtf',
      '\x1f\x8b\x08\0',
      '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9',
      '\x04\0\0\0',
      '\0\0\0\x0cjP  \r\n\x87\n',
      '<?xml ',
      '<svg ',
      '<!DOCTYPE svg [',
      '\xff\xfe<\0',
      '\xef\xbb\xbf',
      '\xff\xfb\x90\0',
    ].map(ascii),
  ];

  it('never make detection throw, and what it finds is a media type', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...signatures),
        fc.uint8Array({ maxLength: 600 }),
        fc.nat(48),
        async (start, tail, cut) => {
          const detected = await detectContentType(join(start.subarray(0, cut), tail));
          if (detected !== null) expect(parseContentType(detected)).toBe(detected);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('never make detection throw where a real file is changed, cut or shuffled', async () => {
    const names = table.map(([name]) => name);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 20 }),
        fc.nat(4_000),
        async (name, changes, end) => {
          const bytes = Uint8Array.from(bytesOf(name)).subarray(0, end);
          for (const [position, value] of changes) if (position < bytes.length) bytes[position] = value;
          const detected = await detectContentType(bytes);
          if (detected !== null) expect(parseContentType(detected)).toBe(detected);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('are done with in less than a second, however they are made', async () => {
    const filled = (unit: string): Uint8Array =>
      ascii(unit.repeat(Math.ceil(maximumHeadBytes / unit.length)));
    const attacks = [
      filled('<svg '),
      filled('<a '),
      join('<a', filled(' ')),
      join(
        '<?xml version="1.0"?><svg ',
        ascii(Array.from({ length: 8_000 }, (_, n) => `a${n}=""`).join(' ')),
      ),
      join('<!DOCTYPE svg [', filled("<!ENTITY a '&a;'>")),
      join('<!DOCTYPE ', filled("PUBLIC '")),
      join('<!--', filled('-')),
      filled('\xef\xbb\xbf'),
      filled('ID3\x03\0\0\0\0\0\0'),
      filled('PK\x03\x04\x14\0\x08\0\x08\0'),
      filled('PK\x03\x04'.padEnd(30, '\0')),
      join([0x89], 'PNG\r\n\x1a\n\0\0\0\rIHDR', new Uint8Array(17), filled('\0\0\0\0tEXt\0\0\0\0')),
      join('\x1a\x45\xdf\xa3', filled('\x01')),
      gzipSync(new Uint8Array(32 * 1_024 * 1_024)),
      filled('\xff\xfb\x90\0'),
    ];
    for (const bytes of attacks) {
      // The processor's time: what else a busy machine does meanwhile does not count.
      const begun = process.cpuUsage();
      await detectContentType(bytes);
      const { user, system } = process.cpuUsage(begun);
      expect((user + system) / 1_000).toBeLessThan(1_000);
    }
  });
});

describe('a sniffer', () => {
  it('finds the same in pieces of any size, and keeps no more than the head', async () => {
    for (const [name] of table) {
      const bytes = bytesOf(name);
      const expected = await detectContentType(bytes);
      for (const pieceBytes of [1, 7, 4_096, 1_048_576]) {
        const sniffer = contentTypeSniffer();
        for (let start = 0; start < bytes.length; start += pieceBytes)
          sniffer.observe(bytes.subarray(start, start + pieceBytes));
        expect(sniffer.isFull).toBe(bytes.length >= maximumHeadBytes);
        expect(await sniffer.detect()).toBe(expected);
      }
    }
  });

  it('copies what it is shown, and is full where more bytes change nothing', async () => {
    const sniffer = contentTypeSniffer();
    const reused = Uint8Array.from(bytesOf('picture.png'));
    sniffer.observe(reused);
    reused.fill(0);
    expect(sniffer.isFull).toBe(false);
    for (let piece = 0; piece < 64; piece += 1) sniffer.observe(reused);
    expect(sniffer.isFull).toBe(true);
    expect(await sniffer.detect()).toBe('image/png');
    sniffer.observe(bytesOf('page.pdf'));
    expect(await sniffer.detect()).toBe('image/png');
  });

  it('that saw nothing finds nothing', async () => {
    expect(await contentTypeSniffer().detect()).toBeNull();
  });
});

describe('allowed content types', () => {
  it('are types and patterns, in lower case, each once', () => {
    expect(
      parseContentTypePatterns([' Image/PNG', 'image/*', '*/*', 'image/png', 'application/vnd.a+b']),
    ).toEqual(['image/png', 'image/*', '*/*', 'application/vnd.a+b']);
    expect(parseContentTypePatterns([])).toEqual([]);
  });

  it.each([
    [''],
    ['image'],
    ['image/'],
    ['/png'],
    ['*'],
    ['*/png'],
    ['image/p*'],
    ['image/png;q=1'],
    ['a/b/c'],
    ['image/png,image/gif'],
    ['im age/png'],
    ['image/png\n x'],
    [`image/${'x'.repeat(300)}`],
  ])('refuse %j by its name', (pattern) => {
    const named = JSON.stringify(pattern.slice(0, 40)).slice(0, -1);
    const refusal = expect.objectContaining({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(named),
    });
    expect(() => parseContentTypePatterns(['image/png', pattern])).toThrow(refusal);
    expect(() => narrowContentTypes([], [pattern])).toThrow(refusal);
  });

  it('have an end', () => {
    const types = Array.from({ length: 101 }, (_, index) => `image/x-${index}`);
    expect(parseContentTypePatterns(types.slice(1))).toHaveLength(100);
    expect(() => parseContentTypePatterns(types)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    );
  });

  it.each([
    ['image/png', [], true],
    ['image/png', ['image/png'], true],
    ['image/png;a=b', ['image/png'], true],
    ['image/png', ['image/*'], true],
    ['image/png', ['*/*'], true],
    ['image/png', ['video/*', 'image/jpeg'], false],
    ['imagery/png', ['image/*'], false],
    ['application/octet-stream', ['image/*'], false],
  ])('%s by %j: %s', (type, patterns, allowed) => {
    expect(contentTypeAllowed(type, patterns)).toBe(allowed);
  });

  it.each([
    [[], [], []],
    [[], ['image/png'], ['image/png']],
    [['image/*'], [], ['image/*']],
    [['image/*'], ['image/png'], ['image/png']],
    [['image/png'], ['image/*'], ['image/png']],
    [
      ['image/*', 'video/mp4'],
      ['image/*', 'video/*'],
      ['image/*', 'video/mp4'],
    ],
    [
      ['image/png', 'image/gif'],
      ['IMAGE/*', 'text/plain'],
      ['image/png', 'image/gif'],
    ],
    [['image/png'], ['*/*'], ['image/png']],
    [['*/*'], ['image/png'], ['image/png']],
    [['image/*', 'image/png'], ['image/png'], ['image/png']],
  ])('of the settings %j narrowed by %j are %j', (settings, asked, both) => {
    expect(narrowContentTypes(settings, asked)).toEqual(both);
  });

  it('that leave nothing are refused, since an empty list allows everything', () => {
    expect(() => narrowContentTypes(['image/*'], ['video/mp4', 'text/plain'])).toThrow(
      expect.objectContaining({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining('video/mp4, text/plain'),
      }),
    );
  });

  it('narrowed allow exactly what both lists allow', () => {
    const pattern = fc.constantFrom(
      'image/png',
      'image/gif',
      'image/*',
      'video/mp4',
      'video/*',
      '*/*',
      'text/plain',
    );
    const type = fc.constantFrom(
      'image/png',
      'image/webp',
      'video/mp4',
      'video/webm',
      'text/plain',
      'font/ttf',
    );
    fc.assert(
      fc.property(fc.array(pattern), fc.array(pattern), type, (settings, asked, stored) => {
        const both = contentTypeAllowed(stored, settings) && contentTypeAllowed(stored, asked);
        try {
          expect(contentTypeAllowed(stored, narrowContentTypes(settings, asked))).toBe(both);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
          expect(both).toBe(false);
        }
      }),
    );
  });
});

describe('the types of the parts of a multipart body', () => {
  const lines = [
    'a preamble',
    '--edge',
    'Content-Disposition: form-data; name="note"',
    'Content-Type: text/html',
    '',
    'Content-Disposition: form-data; name="note"; filename="no head"',
    '--edge',
    'Content-Disposition: form-data; name="typed"; filename="a.csv"',
    'content-type:  text/csv; charset=utf-8 ',
    '',
    '--edge, but no boundary',
    '',
    'Content-Disposition: form-data; name="typed"; filename="no head either"',
    '--edge',
    'CONTENT-DISPOSITION: form-data; filename=b; name=plain',
    '',
    '',
    '--edge',
    '',
    'a part without a head',
    '--edge',
    'Content-Disposition: form-data; name="ünder"; filename="c"',
    'Content-Type: a/b',
    '',
    'c',
    '--edge--',
    '',
  ];
  const body = Buffer.from(lines.join('\r\n'));

  it.each([1, 2, 3, 7, 64, 10_000])(
    'are those of its files, however it comes in pieces of %i bytes',
    (size) => {
      const types = watchPartTypes('multipart/form-data; boundary="edge"');
      for (let at = 0; at < body.length; at += size) types.observe(body.subarray(at, at + size));
      const found = ['note', 'typed', 'plain', 'ünder', 'none'].map((name) => types.typeOf(name));
      expect(found).toEqual([undefined, 'text/csv; charset=utf-8', null, 'a/b', undefined]);
    },
  );

  it('are not sought in a head that does not end, nor without a boundary', () => {
    const endless = watchPartTypes('multipart/form-data; boundary=edge');
    endless.observe(Buffer.from('--edge\r\nContent-Disposition: form-data; name="x"; filename="x"\r\nA: '));
    for (let count = 0; count < 100; count++) endless.observe(Buffer.alloc(1_000, 'x'));
    endless.observe(Buffer.from('\r\n\r\n'));
    expect(endless.typeOf('x')).toBeUndefined();
    const none = watchPartTypes('multipart/form-data');
    none.observe(body);
    expect(none.typeOf('typed')).toBeUndefined();
  });
});
