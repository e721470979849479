/** Who a caller is: keys made by the command, and JSON Web Tokens with everything that may be wrong about them. */
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createTokenVerifier } from '../src/domain/json-web-token.ts';
import type { ErrorCode } from '../src/errors/codes.ts';
import { GridholdError } from '../src/errors/gridhold-error.ts';
import type { RequestHead } from '../src/http/exchange.ts';
import { createIdentify } from '../src/http/identify.ts';
import type { ApiKeyRecord } from '../src/storage/records.ts';
import {
  audience,
  codeIn,
  guarding,
  issuer,
  newKey,
  type Sender,
  senderOf,
  startGuardedService,
  stored,
  tokenOf,
  tokenSecret,
} from './support/guarded-service.ts';
import { databaseOf, outcomeOf, problemIn } from './support/requests.ts';
import { runCommand } from './support/run-command.ts';
import { type Service, startService } from './support/service.ts';

let guarded: Awaited<ReturnType<typeof startGuardedService>>;
let service: Service;

beforeAll(async () => {
  guarded = await startGuardedService();
  service = guarded.service;
  await databaseOf(service);
});

const command = (...commandArguments: string[]) =>
  runCommand(commandArguments, { MONGODB_URI: inject('mongodbUri'), GRIDHOLD_DATABASE: service.database });

/** What a caller without a name could not do: list. */
const listing = '{ files(first: 1) { nodes { id } } }';

const outcomesOf = async (sender: Sender): Promise<string[]> => {
  const graphql = await sender.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: listing }),
  });
  const answer = await graphql.json();
  const bytes = await sender.fetch('/files/file_01m835gysee62s92eg1zx0vae3');
  return [`${graphql.status} ${codeIn(answer)}`, await outcomeOf(bytes)];
};

const refused = ['401 UNAUTHENTICATED', '401 UNAUTHENTICATED'];
const taken = ['200 OK', '404 FILE_NOT_FOUND'];

describe('a key', () => {
  it('is printed once by the command that makes it, and only its hash is stored', async () => {
    const { code, stdout, stderr } = await command('key', 'create', '--role', 'app', '--name', 'web');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^gridhold_key[0-9a-f]{16}_[\w-]{43}\n$/)]);
    const [id = '', secret = ''] = stdout.trim().slice('gridhold_'.length).split(/_(.*)/s);
    expect(stderr).toContain(id);
    const database = await databaseOf(service);
    const record = await database.collection('gridhold.keys').findOne({ name: 'web' });
    expect(record).toMatchObject({
      _id: id,
      role: 'app',
      secretHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(JSON.stringify(record)).not.toContain(secret);
    expect(await outcomesOf(senderOf(service, 'web', stdout.trim()))).toEqual(taken);
  });

  it('is listed without its secret, for people and for scripts', async () => {
    const key = await newKey(service, 'admin', 'for the list');
    const people = await command('key', 'list');
    expect(people.stdout).toMatch(/^key[0-9a-f]{16} {2}admin {2}since \S+ {2}"for the list"$/m);
    const scripts = await command('key', 'list', '--json');
    const listed = scripts.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(listed.at(-1)).toMatchObject({ name: 'for the list', role: 'admin', revokedAt: null });
    expect(people.stdout + scripts.stdout).not.toContain(key.slice(-43));
  });

  it('that is new is in the list however many older ones there are', async () => {
    const keys = (await databaseOf(service)).collection<ApiKeyRecord>('gridhold.keys');
    const old = Array.from({ length: 1_000 }, (_, index) => ({
      _id: `key-of-old-${index}`,
      name: 'old',
      role: 'app' as const,
      secretHash: '',
      createdAt: new Date(index),
    }));
    onTestFinished(async () => void (await keys.deleteMany({ name: 'old' })));
    await keys.insertMany(old);
    await newKey(service, 'app', 'the newest');
    const lines = (await command('key', 'list')).stdout.trim().split('\n');
    expect(lines).toHaveLength(1_000);
    expect(lines.at(-1)).toContain('"the newest"');
    expect(lines.filter((line) => /^key-of-old-0 /.test(line))).toEqual([]);
  });

  it('is no longer valid from the moment that it is revoked', async () => {
    const key = await newKey(service, 'admin', 'to be revoked');
    const sender = senderOf(service, 'short-lived', key);
    expect(await outcomesOf(sender)).toEqual(taken);
    const id = key.split('_')[1] ?? '';
    expect(await command('key', 'revoke', id)).toMatchObject({
      code: 0,
      stdout: `revoked ${id} (admin, "to be revoked")\n`,
    });
    expect(await outcomesOf(sender)).toEqual(refused);
    // The whole key does as well: in a leak it may be all there is.
    expect((await command('key', 'revoke', key)).code).toBe(0);
    expect((await command('key', 'list')).stdout).toMatch(new RegExp(`^${id} +admin +revoked \\S+ `, 'm'));
  });

  it('that there is none of is not revoked, and a role that there is not makes none', async () => {
    const unknown = await command('key', 'revoke', 'gridhold_secret');
    expect([unknown.code, unknown.stderr.includes('secret')]).toEqual([1, false]);
    expect((await command('key', 'create', '--role', 'root', '--name', 'x')).code).toBe(2);
    expect((await command('key', 'create', '--role', 'app')).code).toBe(2);
    expect(await command('key', 'create', '--role', 'app', '--name', '')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('name'),
    });
  });

  it.each([
    ['of another secret', (key: string) => `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`],
    ['of another ID', (key: string) => key.replace(/key[0-9a-f]{16}/, 'key0123456789abcdef')],
    ['cut short', (key: string) => key.slice(0, -1)],
    ['with more behind it', (key: string) => `${key}A`],
    ['of its ID alone', (key: string) => key.slice(0, 28)],
    ['of its prefix alone', () => 'gridhold_'],
  ])('%s is refused', async (_name, change) => {
    const key = guarded.admin.headers['authorization']?.slice('Bearer '.length) ?? '';
    expect(await outcomesOf(senderOf(service, 'forger', change(key)))).toEqual(refused);
  });
});

describe('credentials', () => {
  it('of no kind are those of nobody: public files, and nothing else', async () => {
    const id = await stored(guarded.ann, 'for all', '?visibility=PUBLIC');
    expect(await outcomesOf(guarded.nobody)).toEqual(['200 UNAUTHENTICATED', '404 FILE_NOT_FOUND']);
    expect((await guarded.nobody.fetch(`/files/${id}`)).status).toBe(200);
  });

  it('that are invalid are refused even for what everybody may read, with the scheme that would', async () => {
    const id = await stored(guarded.ann, 'for all', '?visibility=PUBLIC');
    const response = await senderOf(service, 'somebody', 'not.a.token').fetch(`/files/${id}`);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await problemIn(response)).code).toBe('UNAUTHENTICATED');
    const graphql = await senderOf(service, 'somebody', 'not.a.token').fetch('/graphql?query={__typename}');
    expect([graphql.status, graphql.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  it.each(['Bearer', 'Bearer a b', 'Bearer a,b', 'bearer "a"', 'Bearer é'])(
    'as %j are refused',
    async (authorization) => {
      const response = await fetch(`${service.url}/files/none`, {
        headers: { authorization: Buffer.from(authorization).toString('latin1') },
      });
      expect(await outcomeOf(response)).toBe('401 UNAUTHENTICATED');
    },
  );

  it("of another scheme are somebody else's, and the scheme's name counts in any case", async () => {
    const basic = await fetch(`${service.url}/files/none`, { headers: { authorization: 'Basic YTpi' } });
    expect(await outcomeOf(basic)).toBe('404 FILE_NOT_FOUND');
    const lower = await fetch(`${service.url}/graphql?query=${encodeURIComponent(listing)}`, {
      headers: { authorization: `bEARER   ${await tokenOf('ann')}`, accept: 'application/json' },
    });
    expect(codeIn(await lower.json())).toBe('OK');
  });

  it('are not taken for nobody’s at an upload URL because MongoDB is away', async () => {
    const identifiedWhen = async (code: ErrorCode): Promise<string> => {
      const authenticate = () => Promise.reject(new GridholdError(code, 'Not now'));
      const identify = createIdentify({ authenticate }, { auth: ['keys'], metricsToken: null });
      const head: RequestHead = {
        method: 'PUT',
        path: '/',
        search: '',
        host: null,
        scheme: 'http',
        peerAddress: null,
        header: () => 'Bearer x',
      };
      return await identify(head, 'uploads', () => undefined).then(
        ({ id }) => id,
        (error: unknown) => (error instanceof GridholdError ? error.code : 'another error'),
      );
    };
    expect(await identifiedWhen('STORAGE_UNAVAILABLE')).toBe('STORAGE_UNAVAILABLE');
    expect(await identifiedWhen('UNAUTHENTICATED')).toBe('anonymous');
    expect(await identifiedWhen('FETCH_FAILED')).toBe('anonymous');
  });

  it('that are invalid are ignored where none are needed: probes and upload URLs', async () => {
    const forger = senderOf(service, 'forger', 'not.a.token');
    for (const path of ['/health', '/ready']) expect((await forger.fetch(path)).status).toBe(200);
    const { data } = await guarded.ann.graphql<{ generateUploadUrl: { url: string } }>(
      'mutation { generateUploadUrl { url } }',
    );
    expect((await forger.fetch(data.generateUploadUrl.url, { method: 'PUT', body: 'bytes' })).status).toBe(
      201,
    );
  });

  it('are in no line of the log', () => {
    expect(service.output()).not.toMatch(/gridhold_key[0-9a-f]{16}_|eyJ|Bearer/);
  });
});

describe('a token', () => {
  const now = Math.floor(Date.now() / 1_000);
  const good: JWTPayload = { sub: 'ann', iss: issuer, aud: audience, exp: now + 3_600 };
  const secret = createSecretKey(Buffer.from(tokenSecret));
  const sign = async (claims: JWTPayload, key = secret, alg = 'HS256'): Promise<string> =>
    await new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const without = (name: string): JWTPayload => {
    const { [name]: _, ...rest } = good;
    return rest;
  };

  it('that is good makes its subject the owner of what it stores', async () => {
    const sender = senderOf(service, 'ann', await sign(good));
    expect(await outcomesOf(sender)).toEqual(taken);
    const id = await stored(sender, 'hers');
    expect((await sender.graphql('query ($id: ID!) { file(id: $id) { owner } }', { id })).data).toEqual({
      file: { owner: 'ann' },
    });
  });

  it('may name several audiences', async () => {
    expect(
      await outcomesOf(senderOf(service, 'ann', await sign({ ...good, aud: ['other', audience] }))),
    ).toEqual(taken);
  });

  it.each([
    ['with alg none', async () => `${encode({ alg: 'none' })}.${encode(good)}.`],
    ['with alg NONE and a signature', async () => `${encode({ alg: 'NONE' })}.${encode(good)}.AAAA`],
    [
      'of another key',
      () => sign(good, createSecretKey(Buffer.from('another secret, of 32 bytes and more'))),
    ],
    [
      'of another algorithm, by the right secret',
      () => sign(good, createSecretKey(Buffer.from(tokenSecret.repeat(2))), 'HS512'),
    ],
    ['of another issuer', () => sign({ ...good, iss: 'https://evil.example' })],
    ['without an issuer', () => sign(without('iss'))],
    ['for another audience', () => sign({ ...good, aud: 'mail' })],
    ['without an audience', () => sign(without('aud'))],
    ['that has expired', () => sign({ ...good, exp: now - 1 })],
    ['that never expires', () => sign(without('exp'))],
    ['that is not yet valid', () => sign({ ...good, nbf: now + 600 })],
    ['without a subject', () => sign(without('sub'))],
    ['with an empty subject', () => sign({ ...good, sub: '' })],
    ['with a subject of 201 characters', () => sign({ ...good, sub: 'x'.repeat(201) })],
    [
      'whose claims were changed',
      async () => {
        const [head, , signature] = (await sign(good)).split('.');
        return `${head}.${encode({ ...good, sub: 'admin' })}.${signature}`;
      },
    ],
    [
      'that asks for what nobody knows (crit)',
      async () => `${encode({ alg: 'HS256', crit: ['x'], x: 1 })}.${encode(good)}.AAAA`,
    ],
    ['of 10,000 characters', async () => `${await sign(good)}${'A'.repeat(10_000)}`],
    ['of two parts', async () => 'a.b'],
  ])('%s is refused', async (_name, token) => {
    expect(await outcomesOf(senderOf(service, 'forger', await token()))).toEqual(refused);
  });

  it('is told what is wrong with it, where that is its own', async () => {
    const detail = async (claims: JWTPayload): Promise<string> => {
      const response = await senderOf(service, 'late', await sign(claims)).fetch('/files/none');
      return (await problemIn(response)).detail;
    };
    expect(await detail({ ...good, exp: now - 1 })).toBe('The token has expired');
    expect(await detail({ ...good, aud: 'mail' })).toContain('its aud is not what it should be');
    const forged = senderOf(service, 'forger', `${(await sign(good)).slice(0, -4)}AAAA`);
    expect((await problemIn(await forged.fetch('/files/none'))).detail).toContain('signature');
    expect(await detail(without('iss'))).toContain('its iss is missing');
  });

  it('whose subject looks like a key or an admin is a user of that name', async () => {
    for (const sub of ['admin', 'library', `key:key0123456789abcdef`]) {
      const answer = await senderOf(service, sub, await sign({ ...good, sub })).graphql('{ storage { id } }');
      expect(codeIn(answer)).toBe('FORBIDDEN');
    }
  });
});

describe('with a key set', () => {
  it('by address: a new key is found when a token names it, and one that is away is no 401', async () => {
    const keys = await Promise.all(
      ['one', 'two'].map(async (kid) => ({ kid, ...(await generateKeyPair('ES256')) })),
    );
    const published = [keys[0]];
    const server = createServer(async (_request, response) => {
      const set = await Promise.all(
        published.map(async (key) => ({
          ...(await exportJWK(key?.publicKey ?? secretless())),
          kid: key?.kid,
          alg: 'ES256',
        })),
      );
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: set }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { GRIDHOLD_JWT_SECRET: _, ...others } = guarding;
    const settings = {
      ...others,
      GRIDHOLD_JWT_JWKS: `http://127.0.0.1:${port}/jwks.json`,
      GRIDHOLD_JWT_ALGORITHMS: 'ES256',
    };
    const remote = await startService({ ...settings, GRIDHOLD_DATABASE: service.database });
    const tokenBy = async (index: number, alg = 'ES256'): Promise<string> =>
      await new SignJWT({ sub: 'ann', iss: issuer, aud: audience })
        .setProtectedHeader({ alg, kid: keys[index]?.kid ?? '' })
        .setExpirationTime('1h')
        .sign(keys[index]?.privateKey ?? secretless());
    expect(await outcomesOf(senderOf(remote, 'ann', await tokenBy(0)))).toEqual(taken);
    expect(await outcomesOf(senderOf(remote, 'ann', await tokenBy(1)))).toEqual(refused);
    // A public key that is taken for a secret would let anybody sign.
    expect(await outcomesOf(senderOf(remote, 'ann', await tokenOf('ann')))).toEqual(refused);
    const away = await startService({
      ...settings,
      GRIDHOLD_JWT_JWKS: 'http://127.0.0.1:9/jwks.json',
      GRIDHOLD_DATABASE: service.database,
    });
    const response = await senderOf(away, 'ann', await tokenBy(0)).fetch('/files/none');
    expect(await outcomeOf(response)).toBe('502 FETCH_FAILED');
    const { data } = await guarded.app.graphql<{ generateUploadUrl: { url: string } }>(
      'mutation { generateUploadUrl { url } }',
    );
    const upload = `${away.url}${new URL(data.generateUploadUrl.url).pathname}`;
    const sent = await senderOf(away, 'ann', await tokenBy(0)).fetch(upload, { method: 'PUT', body: 'x' });
    expect(sent.status).toBe(201);
  });

  it('by address: while it is away, or answers with none, the last known keys stay valid', async () => {
    const [known, unknown] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
    let set: object = { keys: [{ ...(await exportJWK(known.publicKey)), kid: 'known' }] };
    let status = 200;
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(status, { connection: 'close' }).end(JSON.stringify(set));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const jwks = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    const settings = { secret: null, jwks, issuer, audience, algorithms: ['ES256'], leewayMs: 0 } as const;
    const fetching = { timeoutDuration: 2_000, cooldownDuration: 0, cacheMaxAge: 0 };
    const verify = await createTokenVerifier(settings, fetching);
    const patient = await createTokenVerifier(settings, { ...fetching, cooldownDuration: 60_000 });
    const outcome = async (by: typeof verify, { privateKey }: typeof known, kid: string): Promise<string> => {
      const token = await new SignJWT({ sub: 'ann', iss: issuer, aud: audience })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setExpirationTime('1h')
        .sign(privateKey);
      return await by(token).then(
        ({ id }) => id,
        (error: unknown) => (error instanceof GridholdError ? error.code : String(error)),
      );
    };
    status = 500;
    expect(await outcome(verify, known, 'known')).toBe('FETCH_FAILED');
    status = 200;
    expect(await outcome(verify, known, 'known')).toBe('user:ann');
    expect(await outcome(patient, known, 'known')).toBe('user:ann');
    expect(await outcome(verify, unknown, 'unknown')).toBe('UNAUTHENTICATED');

    status = 500;
    expect(await outcome(verify, known, 'known')).toBe('user:ann');
    // Who signs with another key under a known name gains nothing, and a new key can't be judged.
    expect(await outcome(verify, unknown, 'known')).toBe('UNAUTHENTICATED');
    expect(await outcome(verify, unknown, 'unknown')).toBe('FETCH_FAILED');
    asked = 0;
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await outcome(patient, known, 'known')).toBe('user:ann');
      expect(await outcome(patient, unknown, 'unknown')).toBe('FETCH_FAILED');
    }
    expect(asked).toBe(1);

    [status, set] = [200, { error: 'Under repair' }];
    expect(await outcome(verify, known, 'known')).toBe('user:ann');
    set = { keys: [{ ...(await exportJWK(unknown.publicKey)), kid: 'unknown' }] };
    expect(await outcome(verify, unknown, 'unknown')).toBe('user:ann');
    // Taken back.
    expect(await outcome(verify, known, 'known')).toBe('UNAUTHENTICATED');
    await new Promise((closed) => server.close(closed));
    expect(await outcome(verify, unknown, 'unknown')).toBe('user:ann');
    expect(await outcome(verify, known, 'known')).toBe('FETCH_FAILED');
  });

  it('by file: it is read at the start, and one that is none stops it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gridhold-jwks-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const file = join(folder, 'jwks.json');
    await writeFile(file, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] }));
    const { GRIDHOLD_JWT_SECRET: _, ...others } = guarding;
    const local = await startService({
      ...others,
      GRIDHOLD_JWT_JWKS: file,
      GRIDHOLD_DATABASE: service.database,
    });
    const token = await new SignJWT({ sub: 'ann', iss: issuer, aud: audience })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setExpirationTime('1h')
      .sign(privateKey);
    expect(await outcomesOf(senderOf(local, 'ann', token))).toEqual(taken);
    await writeFile(file, '{"keys": 1}');
    const stopped = await runCommand(['serve'], {
      ...others,
      GRIDHOLD_JWT_JWKS: file,
      MONGODB_URI: inject('mongodbUri'),
      GRIDHOLD_DATABASE: service.database,
      PORT: '0',
    });
    expect([stopped.code, stopped.stderr]).toEqual([2, expect.stringContaining('GRIDHOLD_JWT_JWKS')]);
  });
});

function secretless(): never {
  throw new Error('The key was not made');
}
