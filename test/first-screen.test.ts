/** README's first screen, executed as it stands: one line starts it, the block goes into a second terminal. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openEmbeddedMongod } from '../src/storage/embedded/open-embedded-mongod.ts';

const repository = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const [, start = ''] = /## Start\n[^`]*```sh\n(.*?)\n```/s.exec(readme) ?? [];
const [, screen = ''] = /<!-- first-screen -->\n```sh\n(.*?)```/s.exec(readme) ?? [];

describe('the first screen of README', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gridhold-first-screen-'));
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    GRIDHOLD_DATA_DIR: dataDir,
    GRIDHOLD_MONGOD: inject('mongodBinary'),
  };
  let service: ChildProcess;
  let printed = '';
  let output = '';

  beforeAll(async () => {
    expect(start).toBe('npm ci && npm start');
    // The test stands in an installed checkout: `npm ci` has been run. A group of its own, so that npm's children end with it.
    service = spawn('npm', ['start'], {
      cwd: repository,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (text: Buffer): void => {
      printed += text.toString();
    };
    service.stdout?.on('data', collect);
    service.stderr?.on('data', collect);
    await new Promise<void>((ready, reject) => {
      service.stdout?.on('data', () => /GraphiQL/.test(printed) && ready());
      service.once('exit', () => reject(new Error(`npm start ended:\n${printed}`)));
    });
    const { stdout } = await promisify(execFile)('bash', ['-e', '-c', screen], { cwd: repository, env });
    output = stdout;
  });

  afterAll(async () => {
    if (service.pid && service.exitCode === null) {
      const exited = once(service, 'exit');
      process.kill(-service.pid, 'SIGTERM');
      await exited;
    }
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('says where GraphiQL is, and where the data lies', () => {
    expect(printed).toMatch(/GraphiQL\s+http:\/\/127\.0\.0\.1:4000\/graphql/);
    expect(printed).toMatch(
      / Data +\S+ \(embedded MongoDB [\d.]+, mongodb:\/\/127\.0\.0\.1:\d+\/\?directConnection=true\)$/m,
    );
    expect(printed).toContain(dataDir);
  });

  it('stores the photograph under its own type and hash', () => {
    const photo = readFileSync(join(repository, 'test/fixtures/photo.jpg'));
    const [line = ''] = output.split('\n');
    expect(JSON.parse(line)).toMatchObject({
      size: photo.byteLength,
      sha256: createHash('sha256').update(photo).digest('hex'),
      contentType: 'image/jpeg',
    });
  });

  it('attaches it, serves it, and lets go of it', () => {
    expect(output).toContain('"refCount":1');
    expect(output).toMatch(/HTTP\/1\.1 200 OK[\s\S]*content-type: image\/jpeg/i);
    expect(output).toMatch(/content-disposition: inline; filename="?photo\.jpg/i);
    expect(output).toMatch(/"detached":1,"fileIds":\["file_/);
  });

  it('collects it in one sweep: file, blob and chunks', async () => {
    expect(output).toMatch(/collected file_/);
    expect(output.trimEnd().split('\n').at(-1)).toBe('{"data":{"file":null}}');
    const joined = await openEmbeddedMongod({ dataDir, mongod: inject('mongodBinary'), download: 'off' });
    expect(joined.owned).toBe(false);
    const client = await new MongoClient(joined.uri).connect();
    try {
      const db = client.db('gridhold');
      for (const name of ['files', 'attachments', 'blobs.files', 'blobs.chunks', 'leases']) {
        expect(await db.collection(name).countDocuments(), name).toBe(0);
      }
    } finally {
      await client.close();
      await joined.stop();
    }
  });
});
