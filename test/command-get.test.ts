/** `gridhold get`, the built command: to stdout and to files, whole or not at all, and on from where it broke off. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { runCommand, startCommand } from './support/run-command.ts';
import { repository } from './support/service.ts';
import { openTcpLink } from './support/tcp-link.ts';

const chunkBytes = 255 * 1024;
/** MongoDB is asked for the ninth chunk of a file, in BSON: the eight before it come in one answer. */
const ninthChunk = '$gte\0\x08\0\0\0';
const folder = mkdtempSync(join(tmpdir(), 'gridhold-get-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { gridhold, db, databaseName } = await openTestGridhold();
const settings = { MONGODB_URI: inject('mongodbUri'), GRIDHOLD_DATABASE: databaseName };
const large = randomBytes(20 * chunkBytes + 5);
const { id } = await gridhold.store(large, { filename: 'large.bin' });
const main = resolve(repository, 'dist/cli/main.js');
/** What is said before all else. */
const dataLine = expect.stringMatching(/^Data \S+, database \S+\n$/);
const place = (name: string): string => join(folder, name);
const partOf = (path: string): string => `${path}.${id}.part`;

async function openLink() {
  const link = await openTcpLink(inject('mongodbUri').replace('mongodb:', 'http:'));
  const uri = `${link.url.replace('http:', 'mongodb:')}/?directConnection=true`;
  return { link, settings: { ...settings, MONGODB_URI: uri } };
}

/** `script` of util-linux gives a program a terminal. */
const noTerminal = process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0;

/** The exit code, and all that the terminal was sent. */
async function onTerminal(...given: readonly string[]): Promise<[number | null, string]> {
  const command = [process.execPath, main, ...given].join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'xterm', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const sent: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => sent.push(bytes));
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  return [code, Buffer.concat(sent).toString()];
}

describe('gridhold get', () => {
  it('writes files of every size as they are, to stdout and to a file', async () => {
    for (const size of [0, chunkBytes + 1]) {
      const bytes = randomBytes(size);
      const file = await gridhold.store(bytes);
      const getting = startCommand(['get', file.id], settings);
      const { code, stdoutBytes, stderr } = await getting.ended;
      expect([code, stdoutBytes.equals(bytes), stderr]).toEqual([0, true, dataLine]);
    }
    const { code, stdout, stderr } = await runCommand(['get', id, '-o', place('large'), '--json'], settings);
    expect([code, stderr, JSON.parse(stdout)]).toEqual([
      0,
      dataLine,
      expect.objectContaining({ id, storageId: id, size: large.length, path: place('large'), url: null }),
    ]);
    expect(readFileSync(place('large')).equals(large)).toBe(true);
    expect(readdirSync(folder)).toEqual(['large']);
  });

  it.skipIf(noTerminal)('shows a terminal text, and refuses it what it can’t show', async () => {
    const text = await gridhold.store(Buffer.from('a note\n'), { contentType: 'text/plain' });
    const [shown, refused] = await Promise.all([onTerminal('get', text.id), onTerminal('get', id)]);
    expect(shown).toEqual([0, expect.stringMatching(/^Data .*\r\na note\r\n$/)]);
    expect(refused).toEqual([
      2,
      expect.stringContaining("application/octet-stream, which a terminal can't show"),
    ]);
  });

  it.skipIf(noTerminal)('draws a bar on a terminal, and takes it away', async () => {
    const [code, drawn] = await onTerminal('get', id, '-o', place('drawn'));
    rmSync(place('drawn'));
    expect([code, drawn]).toEqual([0, expect.stringContaining('drawn [####')]);
    expect(drawn).toMatch(/100% 5\.2 MB of 5\.2 MB[^#]*$/);
  });

  it('ends quietly where its reader has enough', async () => {
    const getting = startCommand(['get', id], settings);
    getting.process.stdout.once('data', () => getting.process.stdout.destroy());
    const { code, stderr } = await getting.ended;
    expect([code, stderr]).toEqual([0, dataLine]);
  });

  it.each([['file_01m83j2byfed4s7szetqnn07a9'], ['../../etc/passwd']])(
    'of %s, which is not there, says so and writes nothing',
    async (missing) => {
      const { code, stdout, stderr } = await runCommand(
        ['get', missing, '--json', '-o', place('none')],
        settings,
      );
      expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'FILE_NOT_FOUND']);
      expect(stderr).toContain(`There is no file ${missing} in `);
      expect(existsSync(place('none'))).toBe(false);
    },
  );

  it.each([[['--json']], [['--continue']], [['--continue', '-o', '-']]])(
    'with %j and no file is wrong usage',
    async (options) => {
      const { code, stdout, stderr } = await runCommand(['get', id, ...options], settings);
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('needs -o FILE')]);
    },
  );

  it('to a file without a name is wrong usage', async () => {
    const { code, stderr } = await runCommand(['get', id, '-o', ''], settings);
    expect([code, stderr]).toEqual([2, expect.stringContaining('must be the name of a file, or -')]);
  });

  it('goes on where it was when MongoDB was away for a moment', async () => {
    const { link, settings: own } = await openLink();
    link.breakAt(ninthChunk);
    const getting = startCommand(['get', id], own);
    await eventually(() => getting.stderr()).toContain(' s, try 2 of 6\n');
    link.breakAt(null);
    const { code, stdoutBytes } = await getting.ended;
    expect([code, stdoutBytes.equals(large)]).toEqual([0, true]);
  });

  it('is killed on the way: no file has the name, and --continue reads only the rest', async () => {
    const { link, settings: own } = await openLink();
    link.breakAt(ninthChunk);
    const path = place('killed');
    const getting = startCommand(['get', id, '-o', path], own);
    await eventually(() => getting.stderr()).toContain('; going on in ');
    getting.process.kill('SIGKILL');
    await getting.ended;
    expect([existsSync(path), statSync(partOf(path)).size]).toEqual([false, 8 * chunkBytes]);
    // What it has it does not ask for again: the first eight chunks are gone from storage.
    const chunk = {
      n: 0,
      files_id: (await db.collection('blobs.files').findOne({ length: large.length }))?._id,
    };
    const taken = await db.collection('blobs.chunks').findOneAndDelete(chunk);
    const { code } = await runCommand(['get', id, '-o', path, '--continue'], settings);
    await db.collection('blobs.chunks').insertOne(taken ?? {});
    expect([code, readFileSync(path).equals(large), existsSync(partOf(path))]).toEqual([0, true, false]);
  });

  it('stops at Ctrl-C, keeps what it has, and says how to go on', async () => {
    const { link, settings: own } = await openLink();
    link.breakAt(ninthChunk);
    const getting = startCommand(['get', id, '-o', place('stopped')], own);
    await eventually(() => getting.stderr()).toContain('; going on in ');
    getting.process.kill('SIGINT');
    const { code, stderr } = await getting.ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining('has 2.1 MB: the same with --continue')]);
    expect(statSync(partOf(place('stopped'))).size).toBe(8 * chunkBytes);
  });

  it.each([
    ['other bytes', () => randomBytes(10), 'did not begin with the bytes of'],
    ['more bytes than the file', () => Buffer.concat([large, large]), 'more than the'],
  ])('does not go on from %s', async (_, bytes, said) => {
    const path = place('continued');
    writeFileSync(partOf(path), bytes());
    const { code, stderr } = await runCommand(['get', id, '-o', path, '--continue'], settings);
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
    expect([existsSync(path), existsSync(partOf(path))]).toEqual([false, false]);
  });

  it('leaves the file that had the name as it was, until the new one is whole', async () => {
    const bytes = randomBytes(3 * chunkBytes);
    const file = await gridhold.store(bytes);
    const path = place('damaged');
    writeFileSync(path, 'before');
    const blob = await db.collection('blobs.files').findOne({ filename: file.sha256 });
    const chunks = db.collection('blobs.chunks');
    await chunks.updateOne({ files_id: blob?._id, n: 2 }, { $set: { data: Buffer.alloc(chunkBytes) } });
    const changed = await runCommand(['get', file.id, '-o', path], settings);
    expect([changed.code, changed.stderr]).toEqual([1, expect.stringContaining('damaged in storage')]);
    await chunks.deleteOne({ files_id: blob?._id, n: 2 });
    const missing = await runCommand(['get', file.id, '-o', path], settings);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('missing in storage')]);
    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(existsSync(`${path}.${file.id}.part`)).toBe(false);
  });

  it('shows nobody what only the owner of the file in its place could read', async () => {
    const path = place('secret');
    writeFileSync(path, 'before', { mode: 0o600 });
    expect((await runCommand(['get', id, '-o', path], settings)).code).toBe(0);
    expect([statSync(path).size, statSync(path).mode & 0o777]).toEqual([large.byteLength, 0o600]);
  });

  it('goes on in no file that somebody’s link leads to', async () => {
    const [path, other] = [place('linked'), place('other')];
    writeFileSync(other, 'mine');
    symlinkSync(other, partOf(path));
    const { code, stderr } = await runCommand(['get', id, '-o', path, '--continue'], settings);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`${path}: can't be written: ELOOP`)]);
    expect(readFileSync(other, 'utf8')).toBe('mine');
  });

  it('names the file that it can’t write', async () => {
    const path = place('no/such/directory');
    const { code, stderr } = await runCommand(['get', id, '-o', path], settings);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`${path}: can't be written: ENOENT`)]);
    const directory = await runCommand(['get', id, '-o', folder], settings);
    expect([directory.code, directory.stderr]).toEqual([
      3,
      expect.stringMatching(`^Data .*\n${folder}: is a directory\n$`),
    ]);
  });
});
