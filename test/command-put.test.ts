/** `gridhold put`, the built command: files and streams of this machine, what becomes of bad ones, and of breaks. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { runCommand, startCommand } from './support/run-command.ts';
import { openTcpLink } from './support/tcp-link.ts';

const chunkBytes = 255 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'gridhold-put-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { gridhold, db, databaseName } = await openTestGridhold();
const settings = { MONGODB_URI: inject('mongodbUri'), GRIDHOLD_DATABASE: databaseName };

function given(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

interface Line {
  readonly id: string;
  readonly path: string;
  readonly error?: { readonly code: string | null; readonly message: string };
}

const lines = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line): Line => JSON.parse(line));

async function bytesOf(id: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of (await gridhold.open(id)).stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('gridhold put', () => {
  it('stores files of every size as they are, and tells of each in a line of JSON', async () => {
    const sizes = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 5 * chunkBytes + 7];
    const files = sizes.map((size) => {
      const bytes = randomBytes(size);
      return { path: given(`${size}.bin`, bytes), bytes };
    });
    const { code, stdout } = await runCommand(['put', '--json', ...files.map(({ path }) => path)], {
      ...settings,
      GRIDHOLD_PUBLIC_URL: 'https://files.example',
    });
    expect(code).toBe(0);
    const told = lines(stdout);
    expect(told).toEqual(
      files.map(({ path, bytes }, index) => ({
        id: told[index]?.id,
        storageId: told[index]?.id,
        size: bytes.byteLength,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        contentType: 'application/octet-stream',
        filename: `${bytes.byteLength}.bin`,
        path,
        url: `https://files.example/files/${told[index]?.id}`,
      })),
    );
    for (const [index, { bytes }] of files.entries())
      expect((await bytesOf(told[index]?.id ?? '')).equals(bytes)).toBe(true);
  });

  it('gives a file all that its options say, from stdin too', async () => {
    const document = { collection: 'albums', documentId: 'a/b' };
    const putting = startCommand(
      [
        ...[
          'put',
          '-',
          '--json',
          '--filename',
          'note.md',
          '--visibility',
          'private',
          '--owner',
          'me',
          '--keep',
        ],
        ...['--metadata', '{"album": 7}', '--attach-to', 'albums/a%2Fb/cover'],
      ],
      settings,
    );
    putting.process.stdin.end('# A note');
    const { code, stdout } = await putting.ended;
    const [line] = lines(stdout);
    expect([code, line]).toEqual([0, expect.objectContaining({ path: '-', url: null, size: 8 })]);
    expect(await gridhold.file(line?.id ?? '')).toMatchObject({
      filename: 'note.md',
      contentType: 'text/markdown',
      visibility: 'PRIVATE',
      owner: 'me',
      keep: true,
      metadata: { album: 7 },
      refCount: 1,
    });
    const held = await db.collection('attachments').findOne({ fileId: line?.id });
    expect(held).toMatchObject({ ...document, field: 'cover' });
  });

  it('takes the type from the bytes, of text from the ending, or as it is told', async () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
    const paths = [given('notes.txt', 'hello'), given('photo.txt', png), given('notes', 'hello')];
    const { stdout } = await runCommand(['put', '--json', ...paths], settings);
    expect(lines(stdout)).toMatchObject([
      { contentType: 'text/plain' },
      { contentType: 'image/png' },
      { contentType: 'application/octet-stream' },
    ]);
    const told = await runCommand(
      ['put', '--json', '--content-type', 'Text/X-Log', ...paths.slice(2)],
      settings,
    );
    expect(lines(told.stdout)).toMatchObject([{ contentType: 'text/x-log' }]);
  });

  it('reads a named pipe once, to its end', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const putting = startCommand(['put', '--json', pipe], settings);
    const bytes = randomBytes(chunkBytes);
    await writeFile(pipe, bytes);
    const { code, stdout } = await putting.ended;
    expect([code, (await bytesOf(lines(stdout)[0]?.id ?? '')).equals(bytes)]).toEqual([0, true]);
  });

  it.skipIf(process.platform !== 'linux')(
    'reads what the system makes as it is read, and says is empty',
    async () => {
      const { code, stdout } = await runCommand(['put', '--json', '/proc/version'], settings);
      const [stored] = lines(stdout);
      expect([code, (await bytesOf(stored?.id ?? '')).toString()]).toEqual([
        0,
        readFileSync('/proc/version', 'utf8'),
      ]);
    },
  );

  it('shows a name that would steer a terminal on one line, and obeys none of it', async () => {
    const path = given('a\n\u001b[31m\u009b31m\u007f\u202eb.txt', 'name');
    const { code, stdout } = await runCommand(['put', path], settings);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/\/a\\n\\u001b\[31m\\u009b31m\\u007f\\u202eb\.txt\n$/),
    ]);
  });

  it('ends at Ctrl-C also where nobody writes to a named pipe', async () => {
    const pipe = join(folder, 'silent-pipe');
    execFileSync('mkfifo', [pipe]);
    const putting = startCommand(['put', pipe], settings);
    await eventually(() => putting.stderr()).toContain('Data ');
    await new Promise((later) => setTimeout(later, 300));
    putting.process.kill('SIGINT');
    const { code, stderr } = await putting.ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining('stopped by SIGINT')]);
  });

  it('names what it could not read or what was refused, stores the others, and exits with 1', async () => {
    mkdirSync(join(folder, 'directory'));
    const paths = [
      given('first.txt', 'first'),
      join(folder, 'missing'),
      join(folder, 'directory'),
      given('large.txt', 'x'.repeat(101)),
      given('last.txt', 'last'),
    ];
    const own = { ...settings, GRIDHOLD_MAX_UPLOAD_SIZE: '100' };
    const { code, stdout, stderr } = await runCommand(['put', ...paths], own);
    expect(code).toBe(1);
    const id = 'file_[0-9a-z]{26}';
    expect(stdout).toMatch(new RegExp(`^${id} ${paths[0]}\n${id} ${paths[4]}\n$`));
    expect(stderr).toContain(`${paths[1]}: is not there\n`);
    expect(stderr).toContain(`${paths[2]}: is a directory\n`);
    expect(stderr).toContain(`${paths[3]}: The file is larger than 100 bytes\n`);
    const json = await runCommand(['put', '--json', join(folder, 'missing')], own);
    expect([json.code, lines(json.stdout)]).toEqual([
      1,
      [{ path: paths[1], error: { code: 'ENOENT', message: 'is not there' } }],
    ]);
  });

  it.each([
    ['two files and one name', ['a', 'b', '--filename', 'c'], '--filename'],
    ['two files and one key', ['a', 'b', '--idempotency-key', 'k'], '--idempotency-key'],
    ['stdin twice', ['-', '-'], 'stdin'],
    ['no file', [], 'file'],
    ['a type that is none', ['a', '--content-type', 'png'], '--content-type'],
    ['a visibility that is none', ['a', '--visibility', 'hidden'], '--visibility'],
    ['metadata that is no object', ['a', '--metadata', '[1]'], '--metadata'],
    ['a holder of one part', ['a', '--attach-to', 'albums'], '--attach-to'],
  ])('%s: wrong usage, code 2, named', async (_, options, named) => {
    const { code, stdout, stderr } = await runCommand(['put', ...options], settings);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(named);
  });

  it('stores the same bytes under the same key once, and refuses others under it', async () => {
    const path = given('once.txt', 'once');
    const put = ['put', '--json', '--idempotency-key', 'once', path];
    const [first, again] = [await runCommand(put, settings), await runCommand(put, settings)];
    expect(lines(again.stdout)[0]?.id).toBe(lines(first.stdout)[0]?.id);
    writeFileSync(path, 'twice');
    const other = await runCommand(put, settings);
    expect([other.code, lines(other.stdout)[0]?.error?.code]).toEqual([1, 'IDEMPOTENCY_KEY_USED']);
  });

  it('repeats what MongoDB did not take while it was away, and stores it once', async () => {
    const link = await openTcpLink(inject('mongodbUri').replace('mongodb:', 'http:'));
    const bytes = Buffer.from(`a marker that the connection breaks at ${'x'.repeat(400_000)}`);
    const path = given('broken.txt', bytes);
    link.breakAt('a marker that the connection breaks at');
    const own = { ...settings, MONGODB_URI: linked(link.url) };
    const putting = startCommand(['put', '--json', path], own);
    putting.process.stdin.end();
    await eventually(() => putting.stderr()).toContain('; again in ');
    link.breakAt(null);
    const { code, stdout } = await putting.ended;
    const [line] = lines(stdout);
    expect([code, (await bytesOf(line?.id ?? '')).equals(bytes)]).toEqual([0, true]);
    expect(await db.collection('files').countDocuments({ filename: 'broken.txt' })).toBe(1);
  });

  it('says what stopped it, also between two tries', async () => {
    const link = await openTcpLink(inject('mongodbUri').replace('mongodb:', 'http:'));
    link.breakAt('a marker of a put that is stopped');
    const path = given('stopped-between.txt', 'a marker of a put that is stopped');
    const putting = startCommand(['put', path], { ...settings, MONGODB_URI: linked(link.url) });
    await eventually(() => putting.stderr()).toContain('; again in ');
    putting.process.kill('SIGINT');
    const { code, stderr } = await putting.ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining(`${path}: stopped by SIGINT\n`)]);
  });

  it('says of stdin, which can’t be repeated, under which key to give it again', async () => {
    const link = await openTcpLink(inject('mongodbUri').replace('mongodb:', 'http:'));
    link.breakAt('another marker');
    const putting = startCommand(['put', '-', '--json'], { ...settings, MONGODB_URI: linked(link.url) });
    putting.process.stdin.end('another marker');
    const { code, stdout, stderr } = await putting.ended;
    const [, key = ''] = /--idempotency-key (put-\S+),/.exec(stderr) ?? [];
    expect([code, lines(stdout)[0]?.error?.code, key]).toEqual([
      3,
      'STORAGE_UNAVAILABLE',
      expect.stringMatching(/^put-/),
    ]);
  });

  it('refuses a file that changes while it is read, and leaves nothing of it', async () => {
    const path = given('growing.bin', randomBytes(40_000_000));
    const putting = startCommand(['put', path], settings);
    putting.process.stdin.end();
    await eventually(() => putting.stderr()).toContain('Data ');
    // Until it has ended: one of these falls into its reading.
    const timer = setInterval(() => appendFileSync(path, 'more'), 1);
    const { code, stderr } = await putting.ended;
    clearInterval(timer);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`${path}: changed while it was read: it had `),
    ]);
    expect(await db.collection('files').countDocuments({ filename: 'growing.bin' })).toBe(0);
  });

  it('stops at Ctrl-C with nothing left of what it was at', async () => {
    const before = await db.collection('blobs.chunks').countDocuments();
    const putting = startCommand(['put', '-', given('untried.txt', 'x')], settings);
    putting.process.stdin.write(randomBytes(6 * chunkBytes));
    await eventually(() => db.collection('blobs.chunks').countDocuments()).toBeGreaterThan(before);
    putting.process.kill('SIGINT');
    const { code, stdout, stderr } = await putting.ended;
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('-: stopped by SIGINT');
    expect(stderr).toMatch(/Not tried: .*untried\.txt/);
    expect(await db.collection('blobs.chunks').countDocuments()).toBe(before);
    expect(await brokenInvariants(db)).toEqual([]);
  });

  it('is killed while it sends: no file is there, nothing is broken, and it may be put again', async () => {
    const bytes = randomBytes(6 * chunkBytes);
    const chunks = () => db.collection('blobs.chunks').countDocuments();
    const before = await chunks();
    const putting = startCommand(['put', '-', '--filename', 'killed.bin'], settings);
    putting.process.stdin.write(bytes);
    await eventually(chunks).toBeGreaterThan(before);
    putting.process.kill('SIGKILL');
    expect((await putting.ended).code).toBeNull();
    expect(await db.collection('files').countDocuments({ filename: 'killed.bin' })).toBe(0);
    const again = await runCommand(['put', '--json', given('killed.bin', bytes)], settings);
    expect((await bytesOf(lines(again.stdout)[0]?.id ?? '')).equals(bytes)).toBe(true);
    expect(await brokenInvariants(db)).toEqual([]);
  });
});

function linked(url: string): string {
  return `${url.replace('http:', 'mongodb:')}/?directConnection=true`;
}
