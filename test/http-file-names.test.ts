/** Names of files may hold anything: they come back the same, and no header can be broken by them. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTestGridhold } from './support/open-gridhold.ts';
import { RawConnection } from './support/raw-connection.ts';
import { newUploadUrl, problemIn, put, type Stored, storedBy, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});

const names: readonly string[] = [
  'photo.jpg',
  'a name with spaces.txt',
  'résumé – 日本語 🎉.pdf',
  'a "quoted" name.txt',
  "it's 'single'.txt",
  'back\\slash.txt',
  'line\nbreak.txt',
  'x\r\nX-Evil: 1\r\n\r\nbody.txt',
  'tab\tand\u0000nul\u007f.txt',
  'n'.repeat(300),
  '日'.repeat(300),
  'ünïcode '.repeat(37),
  'a/b/c.txt',
  'C:\\Users\\me\\a.txt',
  '../../etc/passwd',
  '/',
  '.',
  '$owner',
  '$$ROOT',
  '{"$function": {"body": "x"}}',
  '',
  ' ',
  '%41%2F%zz.txt',
  'semi;colon=1; filename=evil.exe',
  "\"; filename*=UTF-8''evil.exe",
  'comma, and (brackets) [x] {y} <z> @ : ? =',
  '\u202etxt.exe',
  'e\u0301 decomposed',
  '__proto__',
];

async function filenameOf(id: string): Promise<string | null | undefined> {
  const { data } = await service.graphql<{ file: { filename: string | null } | null }>(
    'query ($id: ID!) { file(id: $id) { filename } }',
    { id },
  );
  return data.file?.filename;
}

/** By node:http, which shows headers as they came. */
async function rawHeadersOf(url: string): Promise<string[]> {
  const sending = request(url).end();
  const [response]: IncomingMessage[] = await once(sending, 'response');
  if (!response) throw new Error('no answer');
  response.resume();
  await once(response, 'end');
  return response.rawHeaders;
}

const token = "[!#$%&'*+.^_`|~A-Za-z0-9-]+";
/** RFC 6266, section 4.1, with the extended value of RFC 8187, section 3.2.1. */
const grammar = new RegExp(
  `^(?<type>inline|attachment)(?:; filename=(?:(?<token>${token})|"(?<quoted>(?:[ !#-[\\]-~]|\\\\[ -~])*)"))?` +
    "(?:; filename\\*=UTF-8''(?<extended>(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})*))?$",
);

/** The name that a browser makes of it: the extended one outranks the plain one (RFC 6266, section 4.3). */
function nameIn(disposition: string): string | undefined {
  const groups = grammar.exec(disposition)?.groups;
  expect(groups, `outside the grammar: ${disposition}`).toBeDefined();
  if (groups?.['extended'] !== undefined) return decodeURIComponent(groups['extended']);
  return groups?.['token'] ?? groups?.['quoted']?.replace(/\\(.)/g, '$1');
}

const ways: readonly (readonly [way: string, store: (name: string) => Promise<Stored>])[] = [
  [
    'the upload URL was made with',
    async (filename) => await storedBy(await put((await newUploadUrl(service, { filename })).url, 'x')),
  ],
  [
    '?filename= of an upload URL gives',
    async (name) => {
      const { url } = await newUploadUrl(service);
      return await storedBy(await put(`${url}?filename=${encodeURIComponent(name)}`, 'x'));
    },
  ],
  [
    '?filename= of POST /files gives',
    async (name) => await storeFile(service, 'x', { query: `?filename=${encodeURIComponent(name)}` }),
  ],
];

describe.each(ways)('a name that %s', (_way, store) => {
  it.each(names.map((name) => [name]))('%j comes back the same, and in one correct header', async (name) => {
    const { id, url } = await store(name);
    expect(await filenameOf(id)).toBe(name);
    for (const address of [url, `${url}?download`]) {
      const raw = await rawHeadersOf(address);
      const lines = raw.filter(
        (_, index) => raw[index - 1]?.toLowerCase() === 'content-disposition' && index % 2 === 1,
      );
      expect(lines).toHaveLength(1);
      expect(nameIn(lines[0] ?? '')).toBe(name);
      expect(raw.map((item) => item.toLowerCase())).not.toContain('x-evil');
    }
  });
});

describe('the name of a file', () => {
  it('is the URL’s before ?filename=, and that before the part’s own', async () => {
    const form = (): FormData => {
      const data = new FormData();
      data.append('file', new Blob(['x']), 'part ü 日.txt');
      return data;
    };
    const store = async (input: object, query: string): Promise<string | null | undefined> => {
      const { url } = await newUploadUrl(service, input);
      return await filenameOf(
        (await storedBy(await fetch(`${url}${query}`, { method: 'POST', body: form() }))).id,
      );
    };
    expect(await store({ filename: 'url.txt' }, '?filename=query.txt')).toBe('url.txt');
    expect(await store({ filename: '' }, '?filename=query.txt')).toBe('');
    expect(await store({}, '?filename=query.txt')).toBe('query.txt');
    expect(await store({}, '?filename=')).toBe('');
    expect(await store({}, '')).toBe('part ü 日.txt');
  });

  it('is null where nobody gave one, and then the header has none', async () => {
    const { id, url } = await storeFile(service, 'x');
    expect(await filenameOf(id)).toBeNull();
    expect((await fetch(url)).headers.get('content-disposition')).toBe('attachment');
    expect((await fetch(`${url}/a-name-in-the-path.txt`)).headers.get('content-disposition')).toBe(
      'attachment',
    );
  });

  it('of more than 1024 characters is refused, and named', async () => {
    const query = `?filename=${'n'.repeat(1_025)}`;
    const { url } = await newUploadUrl(service);
    for (const response of [
      await put(`${url}${query}`, 'x'),
      await fetch(`${service.url}/files${query}`, { method: 'POST', body: 'x' }),
    ]) {
      const problem = await problemIn(response);
      expect(problem).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
      expect(problem.detail).toContain('filename');
    }
    await storedBy(await put(`${url}?filename=${'n'.repeat(1_024)}`, 'x'));
  });

  it('of 1024 characters that are not ASCII still fits into headers that clients take', async () => {
    const name = '日'.repeat(1_024);
    const { id, url } = await storedBy(await put((await newUploadUrl(service, { filename: name })).url, 'x'));
    expect(await filenameOf(id)).toBe(name);
    const disposition = (await fetch(url)).headers.get('content-disposition') ?? '';
    expect(name.startsWith(nameIn(disposition) ?? 'nothing')).toBe(true);
    expect(disposition.length).toBeLessThan(12_000);
  });
});

describe('a declared content type', () => {
  const declared: readonly string[] = [
    'text/plain; x="a\\"b; charset=evil"',
    'text/plain; x="tab\there"',
    'text/plain; x="\u00e9\u00ff"',
    'text/plain; X-Evil: 1',
    'text/plain;\tx=1;;; ;y',
    'text/plain; a=1; a=2; A=3',
    `text/plain; x="${'y'.repeat(5_000)}"`,
    'text/plain, X-Evil: 1',
    '"text/plain"',
    'text/pl\u00e4in',
  ];

  it.each(declared)('%j is one line of its answer, or none of it', async (type) => {
    const connection = await RawConnection.open(service.url);
    const headers = `Host: ${new URL(service.url).host}\r\nContent-Length: 1\r\nContent-Type: ${type}\r\n\r\nx`;
    connection.send(Buffer.from(`POST /files HTTP/1.1\r\n${headers}`, 'latin1'));
    const answer = await connection.answer();
    connection.destroy();
    expect(answer.status).toBe(201);
    const { url }: Stored = JSON.parse(answer.body.toString());
    const raw = await rawHeadersOf(url);
    const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names.filter((name) => name === 'content-type')).toHaveLength(1);
    expect(names).not.toContain('x-evil');
    const served = raw[names.indexOf('content-type') * 2 + 1] ?? '';
    expect(served).toMatch(/^(?:text\/plain(?:;[\t\x20-\x7e\x80-\xff]*)?|application\/octet-stream)$/);
    expect(served.length).toBeLessThanOrEqual(255);
  });

  it('that an app gives with a line break, a NUL or beyond Latin-1 says nothing', async () => {
    const { gridhold } = await openTestGridhold({ publicUrl: 'http://127.0.0.1' });
    for (const contentType of [
      'text/plain\r\nX-Evil: 1',
      'text/plain; x="\r\nX-Evil: 1"',
      'te\0xt/plain',
      'text/日本',
    ]) {
      const file = await gridhold.store(Buffer.from(contentType), { contentType });
      expect(['text/plain', 'application/octet-stream']).toContain(file.contentType);
      const served = await gridhold.fetch(new Request(`http://127.0.0.1/files/${file.id}`));
      expect([served.status, served.headers.has('x-evil')]).toEqual([200, false]);
      await served.arrayBuffer();
    }
  });
});
