/** What stops the start, and what is said then: the setting is named, and no secret is repeated. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { settingKeys } from '../src/config/setting-keys.ts';
import { type CommandResult, runCommand } from './support/run-command.ts';
import { startService } from './support/service.ts';

const mongodbUri = inject('mongodbUri');

async function listenSomewhere(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

const serve = async (settings: Readonly<Record<string, string>>): Promise<CommandResult> =>
  await runCommand(['serve'], { MONGODB_URI: mongodbUri, PORT: '0', ...settings });

describe('a bad setting', () => {
  const bad: Readonly<Record<string, string>> = {
    HOST: 'no host',
    PORT: '99999',
    MONGODB_URI: 'http://user:hunter2@example.org',
    GRIDHOLD_DATABASE: 'a/b',
    GRIDHOLD_MONGOD_DOWNLOAD: 'maybe',
    GRIDHOLD_PUBLIC_URL: 'files.example',
    GRIDHOLD_CDN_URL: 'ftp://cdn.example',
    GRIDHOLD_PUBLIC_MAX_AGE: '1 fortnight',
    GRIDHOLD_CORS_ORIGINS: '*',
    GRIDHOLD_AUTH: 'magic',
    GRIDHOLD_DEFAULT_VISIBILITY: 'SECRET',
    GRIDHOLD_MAX_UPLOAD_SIZE: 'lots',
    GRIDHOLD_CONTENT_TYPES: 'pictures',
    GRIDHOLD_UPLOAD_URL_TTL: '90',
    GRIDHOLD_UPLOAD_LEASE_TTL: '-1m',
    GRIDHOLD_CHUNK_DELAY: 'soon',
    GRIDHOLD_SIGNED_URL_TTL: '0s',
    GRIDHOLD_SIGNING_KEYS: 'id:hunter2',
    GRIDHOLD_UNREFERENCED_TTL: 'sometimes',
    GRIDHOLD_SWEEP_INTERVAL: 'on',
    GRIDHOLD_SHUTDOWN_TIMEOUT: 'forever',
    GRIDHOLD_LOG_LEVEL: 'loud',
    GRIDHOLD_JWT_SECRET: 'hunter2',
    GRIDHOLD_JWT_ALGORITHMS: 'none',
    GRIDHOLD_JWT_LEEWAY: 'a while',
    GRIDHOLD_USER_MAX_UPLOAD_SIZE: 'less',
    GRIDHOLD_USER_CONTENT_TYPES: 'pictures',
    GRIDHOLD_FETCH_ALLOW: 'http://anything',
    GRIDHOLD_FETCH_TIMEOUT: 'long',
    GRIDHOLD_METRICS_TOKEN: 'hunter2',
    GRIDHOLD_GRAPHIQL: 'perhaps',
    GRIDHOLD_INTROSPECTION: 'perhaps',
    GRIDHOLD_USER_RATE_LIMIT: 'few',
    GRIDHOLD_KEY_RATE_LIMIT: 'few',
    GRIDHOLD_ADDRESS_RATE_LIMIT: 'few',
    GRIDHOLD_UPLOADS_AT_ONCE: 'few',
    GRIDHOLD_TRUSTED_PROXIES: 'all',
    GRIDHOLD_STORAGE_RESERVE: 'some',
  };

  it('of every key stops the start with code 2, named, all at once, without secrets', async () => {
    const free = [
      ...['GRIDHOLD_DATA_DIR', 'GRIDHOLD_MONGOD'],
      ...['GRIDHOLD_JWT_JWKS', 'GRIDHOLD_JWT_ISSUER', 'GRIDHOLD_JWT_AUDIENCE'],
    ];
    expect(Object.keys(bad).sort()).toEqual(
      settingKeys
        .map(({ key }) => key)
        .filter((key) => !free.includes(key))
        .sort(),
    );
    const { code, stderr, stdout } = await serve(bad);
    expect(code).toBe(2);
    for (const key of Object.keys(bad)) expect(stderr).toMatch(new RegExp(`^ *${key}: \\S`, 'm'));
    expect(stderr + stdout).not.toContain('hunter2');
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    ['PORT', 'http'],
    ['GRIDHOLD_MAX_UPLOAD_SIZE', '0'],
    ['GRIDHOLD_UPLOAD_URL_TTL', '8d'],
    ['GRIDHOLD_AUTH', 'everyone'],
  ])('%s=%s alone is named alone', async (key, value) => {
    const { code, stderr } = await serve({ [key]: value });
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^ *${key}: `, 'm'));
    expect(stderr.match(/^ *[A-Z_]+: /gm)).toHaveLength(1);
  });

  it('of a name that there is not is refused, with the nearest that there is', async () => {
    const { code, stderr } = await serve({ GRIDHOLD_MAX_UPLOADSIZE: '1MB' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/GRIDHOLD_MAX_UPLOADSIZE: .*GRIDHOLD_MAX_UPLOAD_SIZE/);
  });
});

describe('bound beyond loopback', () => {
  it.each([
    [{}, ['GRIDHOLD_AUTH', 'GRIDHOLD_PUBLIC_URL']],
    [{ GRIDHOLD_AUTH: 'none' }, ['GRIDHOLD_PUBLIC_URL']],
    [{ GRIDHOLD_PUBLIC_URL: 'https://files.example' }, ['GRIDHOLD_AUTH']],
  ])('with %j it does not start, and names what is missing', async (given, missing) => {
    for (const HOST of ['0.0.0.0', '::']) {
      const { code, stderr } = await serve({ HOST, ...given });
      expect(code).toBe(2);
      const named = [...stderr.matchAll(/^ *([A-Z_]+): /gm)].map(([, key]) => key);
      expect(named).toEqual(missing);
    }
  });

  it('with both it starts, and says its public address', async () => {
    const service = await startService({
      HOST: '0.0.0.0',
      GRIDHOLD_AUTH: 'none',
      GRIDHOLD_PUBLIC_URL: 'https://files.example',
    });
    expect(service.output()).toContain('https://files.example/graphql');
    expect(await service.stop()).toBe(0);
  });
});

describe('what is in the way', () => {
  it('a port that is taken ends the start with code 3, and names PORT', async () => {
    const { server, port } = await listenSomewhere();
    const { code, stderr } = await serve({
      PORT: String(port),
      GRIDHOLD_DATABASE: `start-port-${process.pid}`,
    });
    server.close();
    expect(code).toBe(3);
    expect(stderr).toMatch(new RegExp(`PORT: ${port} `));
    expect(stderr).not.toContain('    at ');
  });

  it('a MongoDB that does not answer ends it with code 3, and names MONGODB_URI without its password', async () => {
    const { server, port } = await listenSomewhere();
    server.close();
    const { code, stderr, stdout } = await serve({
      MONGODB_URI: `mongodb://somebody:hunter2@127.0.0.1:${port}/?replicaSet=rs0`,
    });
    expect(code).toBe(3);
    expect(stderr).toContain('MONGODB_URI');
    expect(stderr + stdout).not.toContain('hunter2');
  });

  it('a database that is somebody else’s ends it with code 3, names GRIDHOLD_DATABASE, and is left alone', async () => {
    const name = `start-foreign-${process.pid}`;
    const client = await new MongoClient(mongodbUri).connect();
    const db = client.db(name);
    try {
      await db.collection('files').insertOne({ theirs: true });
      const { code, stderr } = await serve({ GRIDHOLD_DATABASE: name });
      expect(code).toBe(3);
      expect(stderr).toMatch(/GRIDHOLD_DATABASE: .*files/);
      expect((await db.listCollections().toArray()).map((collection) => collection.name)).toEqual(['files']);
      expect(await db.collection('files').indexes()).toHaveLength(1);
    } finally {
      await db.dropDatabase();
      await client.close();
    }
  });

  it('a database with other collections beside ours is no hindrance', async () => {
    const name = `start-shared-${process.pid}`;
    const client = await new MongoClient(mongodbUri).connect();
    try {
      await client.db(name).collection('messages').insertOne({ theirs: true });
      const service = await startService({ GRIDHOLD_DATABASE: name });
      expect(await service.stop()).toBe(0);
      const again = await startService({ GRIDHOLD_DATABASE: name });
      expect(await again.stop()).toBe(0);
    } finally {
      await client.db(name).dropDatabase();
      await client.close();
    }
  });
});

describe('a standalone MongoDB', () => {
  let dataDir: string;
  let mongod: ChildProcess;
  let port: number;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gridhold-standalone-'));
    const somewhere = await listenSomewhere();
    port = somewhere.port;
    somewhere.server.close();
    await once(somewhere.server, 'close');
    mongod = spawn(
      inject('mongodBinary'),
      ['--dbpath', dataDir, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'],
      { stdio: 'ignore' },
    );
    const client = await new MongoClient(`mongodb://127.0.0.1:${port}`, {
      serverSelectionTimeoutMS: 30_000,
    }).connect();
    await client.close();
  });

  afterAll(async () => {
    const ended = once(mongod, 'exit');
    mongod.kill('SIGKILL');
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  });

  it('ends the start with code 3, and the line that makes it a replica set', async () => {
    const { code, stderr } = await serve({ MONGODB_URI: `mongodb://127.0.0.1:${port}` });
    expect(code).toBe(3);
    expect(stderr).toContain('MONGODB_URI');
    expect(stderr).toContain('--replSet');
    expect(stderr).toContain('rs.initiate()');
  });
});
