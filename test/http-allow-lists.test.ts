/** Allow-lists look at what was declared and at what the bytes show, and a client can only narrow the settings'. */
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, newUploadUrl, outcomeOf, problemIn, put, storedBy, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const page = '<!doctype html><script>alert(1)</script>';
const png = fixture('picture.png');
const refused = '415 CONTENT_TYPE_NOT_ALLOWED';

let service: Service;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off' });
});

type Row = readonly [
  what: string,
  bytes: Uint8Array | string,
  declared: string,
  allowed: string,
  outcome: string,
];

const rows: readonly Row[] = [
  ['a PNG', png, 'image/png', 'image/*', 'image/png'],
  ['a PNG that nobody declared', png, '', 'image/*', 'image/png'],
  ['a PNG declared as a page', png, 'text/html', 'image/*', 'image/png'],
  ['a PNG declared as a page', png, 'text/html', 'text/*', refused],
  [
    'a PNG with a page behind it',
    Buffer.concat([png, Buffer.from(page)]),
    'image/png',
    'image/png',
    'image/png',
  ],
  ['a JPEG declared as PNG', fixture('photo.jpg'), 'image/png', 'image/png', refused],
  ['a page', page, 'image/png', 'image/*', refused],
  ['a page', page, 'image/png', 'image/png', refused],
  ['a page', page, 'image/png', '*/*', refused],
  ['a page behind spaces', `\u{feff} \n${page}`, 'image/x-unheard-of', 'image/*', refused],
  ['a page', '<html>', 'image/svg+xml', 'image/*', refused],
  ['a page', '<SCRIPT>x', 'audio/mpeg', 'audio/*', refused],
  ['a page', page, 'video/quicktime', 'video/*', refused],
  ['a page', page, 'text/html', 'text/*', 'text/html'],
  ['a drawing', fixture('picture.svg'), 'image/png', 'image/png', refused],
  ['a drawing', fixture('picture.svg'), 'image/png', 'image/*', 'image/svg+xml'],
  ['a drawing', fixture('picture-no-prolog.svg'), 'image/svg+xml', 'image/svg+xml', 'image/svg+xml'],
  ['no bytes', '', 'image/png', 'image/png', refused],
  ['no bytes', '', 'text/plain', 'text/*', 'text/plain'],
  ['three bytes of a PNG', png.subarray(0, 3), 'image/png', 'image/png', refused],
  ['noise', Buffer.from([0, 1, 2, 0xff, 0xfe]), 'image/jpeg', 'image/*', refused],
  ['noise', Buffer.from([0, 1, 2, 0xff, 0xfe]), 'IMAGE/JPEG; q=1', 'image/*', refused],
  ['noise', Buffer.from([0, 1, 2, 0xff, 0xfe]), 'image/x-photograph', 'image/*', 'image/x-photograph'],
  ['text', 'a line', 'text/plain', 'text/*', 'text/plain'],
  ['text', 'a line', 'application/pdf', 'application/pdf', refused],
  ['text', 'a line', 'video/mp4', 'video/*', refused],
  ['text', 'a line', docx, docx, refused],
  ['a document', fixture('report.docx'), docx, docx, docx],
  ['a document whose types come last', fixture('report-types-last.docx'), docx, docx, docx],
  ['an archive', fixture('archive.zip'), docx, 'image/*', refused],
  ['a film', fixture('clip.mp4'), 'video/mp4', 'video/*', 'video/mp4'],
  ['a segment of a film', '\0\0\0\x18styp', 'video/mp4', 'video/mp4', 'video/mp4'],
  ['a sound without a tag', fixture('sound.mp3'), 'audio/mpeg', 'audio/*', 'audio/mpeg'],
  ['a long wave', 'RF64\xff\xff\xff\xffWAVEds64', 'audio/wav', 'audio/wav', 'audio/wav'],
  ['a printed page', fixture('page.pdf'), 'application/pdf', 'application/pdf', 'application/pdf'],
];

describe('to an upload URL', () => {
  it.each(rows)(
    '%s (%#), as it is declared and allowed, ends as said',
    async (_, bytes, declared, allowed, outcome) => {
      const sent =
        typeof bytes === 'string' ? Buffer.from(bytes, declared === 'audio/wav' ? 'latin1' : 'utf8') : bytes;
      const { url } = await newUploadUrl(service, { contentTypes: [allowed] });
      const response = await put(url, sent, { 'content-type': declared });
      const ended = response.ok ? (await storedBy(response)).contentType : await outcomeOf(response);
      expect(ended, `${declared} to ${allowed}`).toBe(outcome);
    },
  );

  it('a refusal says what was declared, shown and missing, and leaves the URL usable', async () => {
    const { url } = await newUploadUrl(service, { contentTypes: ['image/*'] });
    const problem = await problemIn(await put(url, page, { 'content-type': 'image/png' }));
    expect(problem).toMatchObject({ declared: 'image/png', detected: null, allowed: ['image/*'] });
    expect(problem.detail).toContain('do not begin as image/png');
    const other = await problemIn(await put(url, page, { 'content-type': 'image/svg+xml' }));
    expect(other.detail).toContain('a page of HTML');
    expect(await outcomeOf(await put(url, png, { 'content-type': 'image/png' }))).toBe('201');
  });

  it('a form’s part is held to the same', async () => {
    const send = async (bytes: Uint8Array): Promise<string> => {
      const { url } = await newUploadUrl(service, { contentTypes: ['image/*'] });
      const form = new FormData();
      form.append('file', new Blob([Buffer.from(bytes)], { type: 'image/png' }), 'a.png');
      return await outcomeOf(await fetch(url, { method: 'POST', body: form }));
    };
    expect(await send(png)).toBe('201');
    expect(await send(Buffer.from(page))).toBe(refused);
  });
});

it('uploadFile holds bytes to its input’s list as well', async () => {
  const send = async (bytes: Uint8Array): Promise<string | undefined> => {
    const form = new FormData();
    const query =
      'mutation ($file: Upload!) { uploadFile(file: $file, input: { contentTypes: ["image/*"] }) { id } }';
    form.append('operations', JSON.stringify({ query, variables: { file: null } }));
    form.append('map', JSON.stringify({ 0: ['variables.file'] }));
    form.append('0', new Blob([Buffer.from(bytes)], { type: 'image/png' }), 'a.png');
    const headers = { 'apollo-require-preflight': '1' };
    const response = await fetch(`${service.url}/graphql`, { method: 'POST', headers, body: form });
    const { errors }: { errors?: { extensions: { code: string } }[] } = await response.json();
    return errors?.[0]?.extensions.code;
  };
  expect(await send(png)).toBeUndefined();
  expect(await send(Buffer.from(page))).toBe('CONTENT_TYPE_NOT_ALLOWED');
});

it('without a list a declared type stands, whatever the bytes do not show', async () => {
  const stored = await storeFile(service, page, { headers: { 'content-type': 'image/png' } });
  expect(stored.contentType).toBe('image/png');
});

it('GRIDHOLD_CONTENT_TYPES is narrowed by a client, never widened', async () => {
  const narrow = await startService({ GRIDHOLD_CONTENT_TYPES: 'image/*, application/pdf' });
  const ask = async (contentTypes: readonly string[]): Promise<unknown> => {
    const { data, errors } = await narrow.graphql<{ generateUploadUrl: { contentTypes: string[] } } | null>(
      'mutation ($input: GenerateUploadUrlInput) { generateUploadUrl(input: $input) { contentTypes } }',
      { input: { contentTypes } },
    );
    return data?.generateUploadUrl.contentTypes ?? errors?.[0]?.extensions['code'];
  };
  expect(await ask(['image/png'])).toEqual(['image/png']);
  expect(await ask(['*/*'])).toEqual(['image/*', 'application/pdf']);
  expect(await ask(['application/*', 'video/*'])).toEqual(['application/pdf']);
  expect(await ask([])).toEqual(['image/*', 'application/pdf']);
  expect(await ask(['video/mp4'])).toBe('BAD_USER_INPUT');
  const send = async (bytes: Uint8Array | string, type: string): Promise<string> =>
    await outcomeOf(
      await fetch(`${narrow.url}/files`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: Buffer.from(bytes),
      }),
    );
  expect(await send(png, 'image/png')).toBe('201');
  expect(await send(page, 'image/png')).toBe(refused);
  expect(await send(page, 'application/pdf')).toBe(refused);
  await narrow.stop();
});
