/** The `gridhold` command as scripts see it: help, version, exit codes, and the schema that it prints. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSchema } from 'graphql';
import { MongoClient } from 'mongodb';
import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { openTestGridhold } from './support/open-gridhold.ts';
import { runCommand } from './support/run-command.ts';
import { repository } from './support/service.ts';

const database = `command-${process.pid}`;
const settings = { MONGODB_URI: inject('mongodbUri'), GRIDHOLD_DATABASE: database };

afterAll(async () => {
  const client = await new MongoClient(inject('mongodbUri')).connect();
  await client.db(database).dropDatabase();
  await client.close();
});

describe('gridhold', () => {
  it.each([[['--help']], [['-h']], [['help']]])(
    '%j lists the commands and the exit codes, and exits with 0',
    async (given) => {
      const { code, stdout, stderr } = await runCommand(given);
      expect([code, stderr]).toEqual([0, '']);
      for (const word of ['serve', 'sweep', 'schema', 'Exit codes: 0', '--version'])
        expect(stdout).toContain(word);
    },
  );

  it('sweep --help lists its options, and exits with 0', async () => {
    const { code, stdout } = await runCommand(['sweep', '--help']);
    expect(code).toBe(0);
    for (const option of ['--dry-run', '--unreferenced-for', '--chunk-delay'])
      expect(stdout).toContain(option);
    expect(stdout).not.toContain('default: false');
  });

  it('--version prints the version of the package, and nothing else', async () => {
    const manifest: { version: string } = JSON.parse(
      readFileSync(resolve(repository, 'package.json'), 'utf8'),
    );
    for (const option of ['--version', '-V']) {
      const { code, stdout, stderr } = await runCommand([option]);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    }
  });

  it.each([
    [['frobnicate']],
    [['--frobnicate']],
    [['serve', 'more']],
    [['sweep', '--frobnicate']],
    [['sweep', '--unreferenced-for']],
    [['sweep', '--unreferenced-for', 'soon']],
    [['sweep', '--chunk-delay', '5']],
    [['schema', 'more']],
  ])('%j is wrong usage: code 2, said on stderr', async (given) => {
    const { code, stdout, stderr } = await runCommand(given, settings);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/\S/);
    expect(stderr).not.toContain('    at ');
  });

  it('schema prints schema.graphql as it is committed, without any setting', async () => {
    const { code, stdout, stderr } = await runCommand(['schema']);
    expect([code, stderr]).toEqual([0, '']);
    expect(() => buildSchema(stdout)).not.toThrow();
    expect(stdout, 'run `npm run schema` and commit the difference').toBe(
      readFileSync(resolve(repository, 'schema.graphql'), 'utf8'),
    );
  });

  it('sweep on an empty store finds nothing, says why no file is collected, and exits with 0', async () => {
    const { code, stdout } = await runCommand(
      ['sweep', '--unreferenced-for', '0s', '--chunk-delay', '0s'],
      settings,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('never seen an attachment');
  });

  it('sweep --dry-run exits with 1 where anything is due, and changes nothing', async () => {
    const client = await new MongoClient(inject('mongodbUri')).connect();
    const leases = client.db(database).collection('leases');
    const long = new Date(0);
    await leases.insertOne({ until: long, receivedBytes: 0, progressAt: long, why: 'deleted' });
    const dry = await runCommand(['sweep', '--dry-run'], settings);
    expect([dry.code, await leases.countDocuments()]).toEqual([1, 1]);
    const wet = await runCommand(['sweep', '--chunk-delay', '0s'], settings);
    expect([wet.code, await leases.countDocuments()]).toEqual([0, 0]);
    await client.close();
  });

  it('sweep collects at once what was let go of, also where all attachments came by the app’s own transactions', async () => {
    const { gridhold, client, databaseName } = await openTestGridhold();
    const document = { collection: 'messages', documentId: '1' };
    const [held, letGo] = [
      await gridhold.store(Buffer.from('held')),
      await gridhold.store(Buffer.from('not')),
    ];
    await client.withSession((session) =>
      session.withTransaction(() => gridhold.attach({ fileId: held.id, document }, { session })),
    );
    const own = { ...settings, GRIDHOLD_DATABASE: databaseName };
    const given = ['sweep', '--unreferenced-for', '0s', '--chunk-delay', '0s'];
    const dry = await runCommand([...given, '--dry-run'], own);
    expect([dry.code, dry.stdout]).toEqual([1, expect.stringContaining(`due ${letGo.id}`)]);
    const { code, stdout } = await runCommand(given, own);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`collected ${letGo.id}`)]);
    expect([(await gridhold.file(held.id))?.id, await gridhold.file(letGo.id)]).toEqual([held.id, null]);
  });

  it.each([
    ['verify', []],
    ['sweep', []],
    ['get', ['file_01m83j2byfed4s7szetqnn07a9']],
    ['key', ['list']],
    ['key', ['revoke', 'key0']],
  ])(
    '%s %j says which data it opened, and makes no store where a directory holds none',
    async (name, more) => {
      const folder = mkdtempSync(join(tmpdir(), 'gridhold-mistyped-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const dataDir = join(folder, name === 'key' ? 'empty' : 'missing');
      if (name === 'key') mkdirSync(join(dataDir, 'mongodb'), { recursive: true });
      const [opened, { code, stdout, stderr }] = await Promise.all([
        runCommand([name, ...more], settings),
        runCommand([name, ...more], { GRIDHOLD_DATA_DIR: dataDir, GRIDHOLD_MONGOD: inject('mongodBinary') }),
      ]);
      expect(opened.stderr).toMatch(new RegExp(`^Data 127\\.0\\.0\\.1:\\d+, database ${database}$`, 'm'));
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toMatch(/^There is no store in .*GRIDHOLD_DATA_DIR.*MONGODB_URI.*\n$/);
      expect(stderr).toContain(dataDir);
      expect(existsSync(dataDir) ? readdirSync(dataDir) : null).toEqual(name === 'key' ? ['mongodb'] : null);
    },
  );

  it.each([
    ['putt', 'put'],
    ['swep', 'sweep'],
  ])('%s is no command, and %s is near', async (mistyped, meant) => {
    const { code, stderr } = await runCommand([mistyped, '--json', 'file']);
    expect([code, stderr]).toEqual([2, `error: unknown command '${mistyped}'\n(Did you mean ${meant}?)\n`]);
  });

  it.each(['serve', 'sweep'])('%s with a bad setting exits with 2, and names it', async (command) => {
    const { code, stderr } = await runCommand([command], { ...settings, GRIDHOLD_CHUNK_DELAY: 'soon' });
    expect(code).toBe(2);
    expect(stderr).toContain('GRIDHOLD_CHUNK_DELAY');
  });

  it('sweep on a database that is somebody else’s could not run: code 3', async () => {
    const foreign = `${database}-foreign`;
    const client = await new MongoClient(inject('mongodbUri')).connect();
    await client.db(foreign).collection('attachments').insertOne({ theirs: true });
    const { code, stderr } = await runCommand(['sweep'], { ...settings, GRIDHOLD_DATABASE: foreign });
    await client.db(foreign).dropDatabase();
    await client.close();
    expect(code).toBe(3);
    expect(stderr).toContain('GRIDHOLD_DATABASE');
  });
});
