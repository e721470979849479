/** `gridhold verify` as people and scripts run it: what it prints, its exit codes, and how it goes on where it stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Binary, ObjectId } from 'mongodb';
import { beforeAll, beforeEach, describe, expect, inject, it, onTestFinished, test } from 'vitest';
import type { Finding } from '../src/domain/verify/contract.ts';
import { chunkBytes } from '../src/storage/blobs.ts';
import { openCommandProxy } from './support/command-proxy.ts';
import { eventually } from './support/eventually.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openInProcess } from './support/mongod-process.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { type CommandResult, runCommand, startCommand } from './support/run-command.ts';
import { documentOf, emptyStore } from './support/use-case-input.ts';
import type { Row } from './support/verify-store.ts';

const main = resolve(import.meta.dirname, '../dist/cli/main.js');
let store: TestGridhold;
let settings: Record<string, string>;

beforeAll(async () => {
  store = await openTestGridhold();
  settings = { MONGODB_URI: inject('mongodbUri'), GRIDHOLD_DATABASE: store.databaseName };
});

beforeEach(() => emptyStore(store.db));

const rows = (name: string) => store.db.collection<Row>(name);
const verify = (...options: string[]): Promise<CommandResult> => runCommand(['verify', ...options], settings);
const findingsIn = (stdout: string): Finding[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line): Finding => JSON.parse(line));

describe('the command', () => {
  it('exits with 0 where all is well, and says what it looked at', async () => {
    await store.gridhold.store(Buffer.from('one'), { attachTo: { document: documentOf('posts', 1) } });
    expect(await verify('--deep')).toMatchObject({
      code: 0,
      stdout: 'Looked at 1 files, 1 attachments, 1 blobs and 1 chunks: 0 found.\n',
      // Nothing is wrong in a database that nobody meant, either.
      stderr: expect.stringMatching(new RegExp(`^Data .*, database ${store.databaseName}\n$`)),
    });
  });

  it('exits with 1 where it found something, with 0 once that is mended, and prints a line for each', async () => {
    const { id } = await store.gridhold.store(Buffer.from('one'));
    await rows('files').updateOne({ _id: id }, { $set: { refCount: 3 } });
    const hold = new ObjectId();
    await rows('attachments').insertOne({
      _id: hold,
      fileId: 'file_00000000000000000000000000',
      collection: 'a\u001b[2Jb',
      documentId: '1',
      field: 'file',
      attachedAt: new Date(),
    });
    const named =
      'file_00000000000000000000000000, held by collection "a\\u001b[2Jb", documentId "1", field "file"';
    const count = 'refCount is 3, and 0 attachments hold it';
    const found = await verify();
    expect(found.code).toBe(1);
    expect(found.stdout.split('\n')).toEqual([
      `rule 1  ${id}  ${count}  (--repair mends it)`,
      `rule 2  ${hold}  there is no file ${named}  (--repair mends it)`,
      'Looked at 1 files, 1 attachments, 1 blobs and 1 chunks: 2 found.',
      '',
    ]);

    const json = await verify('--json');
    expect(json.code).toBe(1);
    expect(findingsIn(json.stdout).map((one) => Object.keys(one))).toEqual(
      Array(2).fill(['rule', 'id', 'detail', 'fixable']),
    );
    expect(findingsIn(json.stdout)[1]).toEqual({
      rule: 2,
      id: String(hold),
      detail: `there is no file ${named}`,
      fixable: true,
    });
    expect(json.stderr).toContain('Looked at 1 files');

    const repaired = await verify('--repair');
    expect(repaired.code).toBe(0);
    expect(repaired.stdout.split('\n').slice(0, 2)).toEqual([
      `rule 1  ${id}  ${count}  repaired: counted anew: refCount 0`,
      `rule 2  ${hold}  there is no file ${named}  repaired: removed: ${named}`,
    ]);
    expect(repaired.stdout).toContain(': 2 found, 2 repaired.');
    expect((await verify('--json')).stdout).toBe('');
  });

  it('exits with 1 where repair can’t mend it, and names why', async () => {
    await store.gridhold.store(Buffer.from('one'));
    await rows('blobs.chunks').deleteMany({});
    const { code, stdout } = await verify('--repair', '--json');
    expect(code).toBe(1);
    expect(findingsIn(stdout)).toMatchObject([
      { rule: 5, fixable: false, repaired: false, repair: 'nothing was done' },
    ]);
  });

  it('takes no position that it has not printed, says so, and looks at nothing', async () => {
    for (const resume of ['', '2:', '3', '3:xyz', '1:~!', '4:6a', 'end', `1:~${'A'.repeat(9)}`]) {
      await expect(store.gridhold.verify({ resume }).next()).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: `resume: ${JSON.stringify(resume)} is no position that verify has printed`,
      });
    }
    const nowhere = { MONGODB_URI: 'mongodb://127.0.0.1:1/' };
    const { code, stdout, stderr } = await runCommand(['verify', '--resume', '3:xyz'], nowhere);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe('--resume: "3:xyz" is no position that verify has printed\n');
  });

  it('that is ended before it has begun says to go on where it was told to begin', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : null;
    const connected = once(silent, 'connection');
    const own = { MONGODB_URI: `mongodb://127.0.0.1:${port}/?directConnection=true` };
    const verifying = startCommand(['verify', '--deep', '--resume', '3:'], own);
    await connected;
    verifying.process.kill('SIGINT');
    await eventually(() => verifying.stderr()).toContain('once more stops at once.');
    verifying.process.kill('SIGINT');
    const { code, stderr } = await verifying.ended;
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('To go on: gridhold verify --deep --resume 3:\n'),
    ]);
  });

  it('joins the MongoDB of a server that runs on the same directory', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'gridhold-verify-'));
    const mongod = inject('mongodBinary');
    const server = openInProcess({ dataDir, mongod });
    onTestFinished(async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    });
    await server.opened;
    const { code, stdout } = await runCommand(['verify'], {
      GRIDHOLD_DATA_DIR: dataDir,
      GRIDHOLD_MONGOD: mongod,
    });
    expect([code, stdout]).toEqual([0, 'Looked at 0 files, 0 attachments, 0 blobs and 0 chunks: 0 found.\n']);
  });
});

test('killed at any step of a repair, it leaves what the next one mends', async () => {
  const proxy = await openCommandProxy(inject('mongodbUri'), 'verify-killed');
  const files = await Promise.all(
    ['one', 'two', 'three'].map((text) => store.gridhold.store(Buffer.from(text))),
  );
  const [lost] = await rows('blobs.files').find().toArray();
  await rows('blobs.files').deleteOne({ _id: lost?._id ?? '' });
  await rows('files').updateOne({ _id: files[1]?.id ?? '' }, { $set: { refCount: 9 } });
  await rows('blobs.chunks').insertOne({
    _id: new ObjectId(),
    files_id: new ObjectId(),
    n: 0,
    data: new Binary(Buffer.from('nobody')),
  });
  const struck: (string | null)[] = [];
  for (const index of [2, 4, 6, 8]) {
    const child = spawn(process.execPath, [main, 'verify', '--repair', '--json'], {
      env: { PATH: process.env['PATH'], ...settings, MONGODB_URI: proxy.uri },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    let commits = 0;
    proxy.onCommand = ({ phase, name }) => {
      if (phase !== 'answered' || name !== 'commitTransaction' || ++commits < index) return commits < index;
      child.kill('SIGKILL');
      return false;
    };
    const [code] = await ended;
    struck.push(code);
    await proxy.endTransactions();
  }
  expect(struck[0]).toBeNull();
  expect((await verify('--repair')).code).toBe(0);
  expect((await verify('--json')).stdout).toBe('');
  expect(await brokenInvariants(store.db)).toEqual([]);
  for (const { id } of files) {
    const { file, stream } = await store.gridhold.open(id);
    expect(Buffer.concat(await stream.toArray())).toHaveLength(file.size);
  }
});

describe('a store of many pages', () => {
  /** More than a page of each, with faults before, between and beyond what is there. */
  async function fill(): Promise<Pick<Finding, 'rule' | 'id'>[]> {
    const at = new Date();
    const blobId = new ObjectId();
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const named = (number: number): string => `file_0${String(number).padStart(25, '0')}`;
    const files = Array.from({ length: 2_400 }, (_, number) => ({
      _id: named(number * 2),
      blobId,
      size: 0,
      sha256,
      keep: number % 100 !== 0,
      refCount: 0,
      ...(number % 100 === 0 ? { unreferencedSince: at } : {}),
    }));
    await rows('files').insertMany(files);
    const metadata = { sha256, fileCount: files.length };
    const record = { length: 0, chunkSize: chunkBytes, filename: sha256, uploadDate: at };
    await rows('blobs.files').insertOne({ _id: blobId, ...record, metadata });
    const found: Pick<Finding, 'rule' | 'id'>[] = [];
    for (const { _id } of files.filter((_, number) => number % 300 === 7)) {
      await rows('files').updateOne({ _id }, { $set: { refCount: 1 } });
      found.push({ rule: 1, id: _id });
    }
    const holds = Array.from({ length: 40 }, (_, number) => ({
      _id: new ObjectId(),
      fileId: named(number < 20 ? number * 200 + 1 : 9_000 + number),
      ...documentOf('posts', number),
      field: 'file',
      attachedAt: at,
    }));
    await rows('attachments').insertMany(holds);
    found.push(...holds.map(({ _id }): Pick<Finding, 'rule' | 'id'> => ({ rule: 2, id: String(_id) })));
    const leases = Array.from({ length: 1_100 }, () => ({ _id: new ObjectId(), why: 'writing', until: at }));
    await rows('leases').insertMany(leases);
    const data = new Binary(Buffer.from('x'));
    const owners = Array.from({ length: 40 }, (_, number) =>
      number < 20 ? new ObjectId(String(number + 1).padStart(24, '0')) : new ObjectId(),
    );
    await rows('blobs.chunks').insertMany(
      owners.map((files_id) => ({ _id: new ObjectId(), files_id, n: 0, data })),
    );
    // One alone with more than a page has.
    const cut = Array.from({ length: 2_100 }, (_, n) => ({
      _id: new ObjectId(),
      files_id: owners[20],
      n: n + 1,
      data,
    }));
    await rows('blobs.chunks').insertMany(cut);
    found.push(...owners.map((id): Pick<Finding, 'rule' | 'id'> => ({ rule: 4, id: String(id) })));
    return found;
  }
  const sorted = (findings: readonly Pick<Finding, 'rule' | 'id'>[]): string[] =>
    findings.map(({ rule, id }) => `${rule} ${id}`).sort();

  test('is told as one, and as one whole where it stops after each page and goes on', {
    timeout: 180_000,
  }, async () => {
    const expected = sorted(await fill());
    const whole: Finding[] = [];
    for await (const finding of store.gridhold.verify()) whole.push(finding);
    expect(sorted(whole)).toEqual(expected);

    const pieces: Finding[] = [];
    const positions: string[] = [];
    let isAtEnd = false;
    while (!isAtEnd) {
      const stopping = new AbortController();
      const resume = positions.at(-1);
      let at = '';
      const findings = store.gridhold.verify({
        ...(resume === undefined ? {} : { resume }),
        signal: stopping.signal,
        onProgress({ position, done }) {
          isAtEnd = position === null;
          if (position === null || done === 0 || position === resume) return;
          at = position;
          stopping.abort(new Error('stopped'));
        },
      });
      try {
        for await (const finding of findings) pieces.push(finding);
      } catch (error) {
        expect(error).toEqual(new Error('stopped'));
        positions.push(at);
      }
    }
    expect(sorted(pieces)).toEqual(expected);
    expect(positions.map((position) => position.slice(0, 2))).toEqual(
      expect.arrayContaining(['1:', '3:', '4:']),
    );
    expect(positions.length).toBeGreaterThan(5);
  });

  test('that is interrupted prints the command that goes on, and together they tell all', async () => {
    const expected = sorted(await fill());
    const proxy = await openCommandProxy(inject('mongodbUri'), 'verify-interrupted');
    const child: ChildProcess = spawn(process.execPath, [main, 'verify', '--json'], {
      env: { PATH: process.env['PATH'], ...settings, MONGODB_URI: proxy.uri },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let finds = 0;
    proxy.onCommand = ({ phase, name }) => {
      if (phase === 'answered' && name === 'find' && ++finds === 60) child.kill('SIGINT');
      return true;
    };
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        printed[name] += text;
      });
    }
    const [code] = await once(child, 'close');
    expect(code).toBe(3);
    const [, options = ''] =
      /^Stopping at the end of this page; once more stops at once\.\nStopped\.\nTo go on: gridhold verify (--json --resume \S+)\n$/m.exec(
        printed.stderr,
      ) ?? [];
    expect(options, printed.stderr).not.toBe('');
    const first = findingsIn(printed.stdout);
    const rest = await verify(...options.split(' '));
    expect(rest.code).toBe(1);
    expect(sorted([...first, ...findingsIn(rest.stdout)])).toEqual(expected);
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(expected.length);
  });
});
