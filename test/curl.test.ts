/**
 * curl, as people use it: each way to send and to fetch that it has, and README's own lines, with what comes out compared
 * byte for byte.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, newUploadUrl, outcomeOf, type Stored, sha256Of, storeFile } from './support/requests.ts';
import { repository, type Service, startService } from './support/service.ts';

interface Outcome {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const bytes = randomBytes(700_000);
let service: Service;
let directory: string;

/** In the test's directory, where `sent.bin` lies. */
function run(
  program: string,
  args: readonly string[],
  { input, cwd = directory }: { input?: Buffer; cwd?: string } = {},
) {
  return new Promise<Outcome>((done, reject) => {
    const child = spawn(program, args, { cwd, timeout: 60_000, killSignal: 'SIGKILL' });
    const out: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => done({ code, stdout: Buffer.concat(out), stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** @throws where it does not end well */
async function curl(args: readonly string[], input?: Buffer): Promise<Outcome> {
  const outcome = await run('curl', ['-sS', ...args], input ? { input } : {});
  if (outcome.code !== 0) throw new Error(`curl ended with ${outcome.code}: ${outcome.stderr}`);
  return outcome;
}

const read = (name: string): Buffer => readFileSync(join(directory, name));
const urlFor = async (input: object = {}): Promise<string> => (await newUploadUrl(service, input)).url;

function missingCurl(): string | null {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return null;
  } catch (cause) {
    if (process.env['CI']) throw new Error('curl is needed, and is not there', { cause });
    return 'curl is not there';
  }
}

const missing = missingCurl();
if (missing) it.skip(`With curl: ${missing}`);

describe.skipIf(missing)('curl', () => {
  let file: Stored;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gridhold-curl-'));
    writeFileSync(join(directory, 'sent.bin'), bytes);
    service = await startService();
    file = await storeFile(service, bytes, { query: '?filename=kept.bin' });
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  describe('sends a file by', () => {
    const octets = 'application/octet-stream';
    it.each<[options: string, input: Buffer | null, contentType: string, filename: string | null]>([
      ['-T sent.bin', null, octets, null],
      ['-T -', bytes, octets, null],
      ['-T . -H Expect:', bytes, octets, null],
      ['-X POST -T sent.bin', null, octets, null],
      ['-X POST --data-binary @sent.bin', null, octets, null],
      ['--data-binary @-', bytes, octets, null],
      ['-T sent.bin -H Transfer-Encoding:chunked', null, octets, null],
      ['-T sent.bin -H Transfer-Encoding:chunked -H Expect:100-continue', null, octets, null],
      ['-T sent.bin -H Expect:100-continue', null, octets, null],
      ['-T sent.bin --http1.0', null, octets, null],
      ['-T sent.bin --http2', null, octets, null],
      ['-T sent.bin --compressed -H Content-Type:text/plain', null, 'text/plain', null],
      // Said to be resumed, all of it is sent: what is there of it, curl can't know.
      ['-T sent.bin -C -', null, octets, null],
      ['-F file=@sent.bin', null, octets, 'sent.bin'],
      // curl names no type then: silence, which is not the same as text.
      ['-F file=@-;filename=named.bin', bytes, octets, 'named.bin'],
      [
        '-F note=beside -F file=@sent.bin;type=text/plain;filename=other.txt -H Expect:100-continue',
        null,
        'text/plain',
        'other.txt',
      ],
      ['-X PUT -F file=@sent.bin -H Transfer-Encoding:chunked', null, octets, 'sent.bin'],
    ])('%s', async (options, input, contentType, filename) => {
      const { stdout } = await curl([...options.split(' '), await urlFor()], input ?? undefined);
      const stored: Stored = JSON.parse(stdout.toString());
      expect(stored).toMatchObject({ size: bytes.byteLength, sha256: sha256Of(bytes), contentType });
      const answer = await service.graphql(`{ file(id: "${stored.id}") { filename } }`);
      expect(answer.data).toEqual({ file: { filename } });
    });
  });

  const [upload, whatCame] = ['%{size_upload}', '%{http_code} %{http_version} %{size_download}'];

  it('is told to go on by 100, and before anything is sent where the answer is a refusal', async () => {
    const send = async (url: string) =>
      await curl(['-v', '-H', 'Expect: 100-continue', '-T', 'sent.bin', '-w', `\n${upload}`, url]);
    const taken = await send(await urlFor());
    expect(taken.stderr).toMatch(/< HTTP\/1.1 100 Continue[\s\S]*< HTTP\/1.1 201 Created/);
    expect(taken.stdout.toString()).toMatch(new RegExp(`\n${bytes.byteLength}$`));
    const refused = await send(await urlFor({ maxSize: 10 }));
    expect(refused.stderr).not.toContain('100 Continue');
    expect(refused.stderr).toContain('< HTTP/1.1 413');
    expect(refused.stdout.toString()).toMatch(/"code":"FILE_TOO_LARGE".*\n+0$/);
  });

  it('has the part of a file refused that it sends where an upload is to go on at a place', async () => {
    const url = await urlFor();
    const targets = [
      ['-T', 'sent.bin', url],
      ['-X', 'POST', '-T', 'sent.bin', `${service.url}/files`],
    ];
    for (const target of targets) {
      const { stdout } = await curl(['-C', '100', ...target]);
      expect(JSON.parse(stdout.toString())).toMatchObject({
        code: 'BAD_USER_INPUT',
        detail: expect.stringContaining('Content-Range'),
      });
    }
    const others = ['bytes 0-99/100', 'bytes 0-699999/700001', 'bytes */700000', 'bytes 0-699999/*', 'x'];
    for (const range of others) {
      const { stdout } = await curl(['-T', 'sent.bin', '-H', `Content-Range: ${range}`, url]);
      expect(stdout.toString(), range).toContain('BAD_USER_INPUT');
    }
    const parted = ['-F', 'file=@sent.bin', '-H', 'Content-Range: bytes 0-99/700000', url];
    expect((await curl(parted)).stdout.toString()).toContain('BAD_USER_INPUT');
    // Nothing of it was stored: the URL takes the whole file still.
    expect(await outcomeOf(await fetch(url, { method: 'PUT', body: bytes }))).toBe('201');
  });

  it.each([
    ['-o got.bin', '200 1.1 700000'],
    ['-o got.bin --compressed', '200 1.1 700000'],
    ['-o got.bin --http1.0', '200 1.1 700000'],
    // Offered by the client, and not taken up.
    ['-o got.bin --http2', '200 1.1 700000'],
    ['-o got.bin -C -', '206 1.1 600000'],
    ['-o whole.bin -C -', '416 1.1 '],
    ['-o got.bin -z "Sun, 06 Nov 1994 08:49:37 GMT"', '200 1.1 700000'],
    ['-OJ', '200 1.1 700000'],
  ])('fetches a file by %s, every byte of it', async (options, came) => {
    writeFileSync(join(directory, 'whole.bin'), bytes);
    writeFileSync(join(directory, 'got.bin'), options.includes('-C') ? bytes.subarray(0, 100_000) : 'x');
    const args = [...options.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    const { stdout } = await curl([...args, '-w', whatCame, file.url]);
    expect(stdout.toString()).toContain(came);
    const [, name = 'kept.bin'] = /-o (\S+)/.exec(options) ?? [];
    expect(read(name).equals(bytes)).toBe(true);
  });

  it('fetches nothing where the file is the one that it has, by time and by tag', async () => {
    const later = ['-z', 'Sun, 06 Nov 2050 08:49:37 GMT', '-o', 'none.bin'];
    expect((await curl([...later, '-w', whatCame, file.url])).stdout.toString()).toBe('304 1.1 0');
    await curl(['--etag-save', 'tag.txt', '-o', 'got.bin', file.url]);
    const tagged = ['--etag-compare', 'tag.txt', '-o', 'none.bin', '-w', whatCame, file.url];
    expect((await curl(tagged)).stdout.toString()).toBe('304 1.1 0');
  });

  it('fetches one range, and several with their heads between them', async () => {
    expect((await curl(['-r', '5-9', file.url])).stdout).toEqual(bytes.subarray(5, 10));
    expect((await curl(['-r', '-7', file.url])).stdout).toEqual(bytes.subarray(-7));
    const { stdout } = await curl(['-r', '0-9,300000-300009,-5', file.url]);
    const [boundary = ''] = /--\S+/.exec(stdout.toString('latin1')) ?? [];
    const parts = stdout.toString('latin1').split(`\r\n${boundary}`).slice(1, -1);
    expect(parts.map((part) => /Content-Range: (.*)\r\n/.exec(part)?.[1])).toEqual([
      'bytes 0-9/700000',
      'bytes 300000-300009/700000',
      'bytes 699995-699999/700000',
    ]);
    const contents = parts.map((part) =>
      Buffer.from(part.slice(part.indexOf('\r\n\r\n') + 4), 'latin1').toString('hex'),
    );
    const wanted = [bytes.subarray(0, 10), bytes.subarray(300_000, 300_010), bytes.subarray(-5)];
    expect(contents).toEqual(wanted.map((part) => part.toString('hex')));
  });

  it('-I shows the same head as a fetch, and no byte', async () => {
    const head = (await curl(['-I', file.url])).stdout.toString();
    const { stderr } = await curl(['-v', '-o', 'got.bin', file.url]);
    const varies = /^(?:x-request-id|date):.*$/gim;
    const headOfGet = [...stderr.matchAll(/^< (.*)\r?$/gm)]
      .map(([, line = '']) => line.trimEnd())
      .join('\r\n');
    expect(head.trimEnd().replace(varies, '')).toBe(headOfGet.trimEnd().replace(varies, ''));
    expect(head).toContain('Content-Length: 700000');
  });

  it('-f ends with an error for what is not there, and HTTP/2 alone is not spoken', async () => {
    const missed = await run('curl', ['-sSf', `${service.url}/files/file_00000000000000000000000000`]);
    expect([missed.code, missed.stderr]).toEqual([22, expect.stringContaining('404')]);
    const http2 = await run('curl', ['-sS', '--http2-prior-knowledge', file.url]);
    expect(http2.code).not.toBe(0);
    expect(http2.stdout.byteLength).toBe(0);
  });

  it('-G asks GraphQL by GET', async () => {
    const query = `query=query ($id: ID!) { file(id: $id) { size } }`;
    const variables = `variables={"id":"${file.id}"}`;
    const args = ['-G', '--data-urlencode', query, '--data-urlencode', variables, `${service.url}/graphql`];
    expect(JSON.parse((await curl(args)).stdout.toString())).toEqual({ data: { file: { size: 700_000 } } });
  });

  it('does what README says, line by line', async () => {
    const readme = readFileSync(resolve(repository, 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(/(<!-- \S+ -->\n)?```sh\n(.*?)```/gs)]
      .filter(([, mark, code = '']) => mark === undefined && code.includes('curl'))
      .map(([, , code = '']) => code.replaceAll('http://localhost:4000', service.url));
    // The block of the first screen, which is marked, is first-screen.test.ts's.
    expect(blocks).toHaveLength(2);
    const photo = fixture('photo.jpg');
    for (const block of [...blocks, ...blocks]) {
      const { code, stdout } = await run('bash', ['-e', '-c', block], { cwd: repository });
      expect(code).toBe(0);
      const [id = ''] = /file_[0-9a-z]{26}/.exec(stdout.toString()) ?? [];
      const served = await fetch(`${service.url}/files/${id}`);
      expect(Buffer.from(await served.arrayBuffer()).equals(photo)).toBe(true);
    }
    const held = await service.graphql(
      '{ document(collection: "messages", documentId: "1") { attachments { totalCount } } }',
    );
    // The key makes the second run a repeat of the first.
    expect(held.data).toEqual({ document: { attachments: { totalCount: 1 } } });
  });
});
