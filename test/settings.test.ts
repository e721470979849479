import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { librarySettings, librarySettingsOf } from '../src/config/library-settings.ts';
import { loadEnvironment } from '../src/config/load-environment.ts';
import { isLoopbackHost } from '../src/config/loopback.ts';
import { parseSettings } from '../src/config/parse-settings.ts';
import { settingKeys } from '../src/config/setting-keys.ts';
import { SettingsError } from '../src/config/settings-error.ts';
import { parseDuration, parseSize } from '../src/config/units.ts';
import { databaseNameOf } from '../src/storage/connection.ts';

function problemsOf(environment: Record<string, string>): { key: string; message: string }[] {
  try {
    parseSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return [...error.problems];
    throw error;
  }
  return [];
}

const keysOf = (environment: Record<string, string>): string[] =>
  problemsOf(environment).map(({ key }) => key);

describe('durations and sizes', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
    ['10 m', 600_000],
    ['', null],
    ['90', null],
    ['-1s', null],
    ['1e3s', null],
    ['1h30m', null],
    ['10M', null],
    ['0.0001ms', null],
    ['999999999999999w', null],
    ['1constructor', null],
  ])('%j is %j ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    ['5GB', 5_000_000_000],
    ['100MB', 100_000_000],
    ['100mb', 100_000_000],
    ['1.1GB', 1_100_000_000],
    ['64MiB', 67_108_864],
    ['5GiB', 5_368_709_120],
    ['1kB', 1_000],
    ['1KiB', 1_024],
    ['2TB', 2_000_000_000_000],
    ['2TiB', 2_199_023_255_552],
    ['10B', 10],
    ['1024', 1_024],
    ['1.5B', null],
    ['5XB', null],
    ['MB', null],
    ['100M', null],
    ['-5MB', null],
    ['99999999TB', null],
  ])('%j is %j bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });
});

describe('defaults', () => {
  const literals = Object.fromEntries(
    settingKeys.flatMap((row) => (row.default ? [[row.key, row.default]] : [])),
  );

  test('nothing set gives what the table of settings says', () => {
    expect(parseSettings(literals)).toEqual(parseSettings({}));
    expect(parseSettings({})).toEqual({
      host: '127.0.0.1',
      port: 4000,
      mongodbUri: null,
      database: null,
      dataDir: '.gridhold',
      mongod: null,
      mongodDownload: 'on',
      publicUrl: null,
      cdnUrl: null,
      publicMaxAgeSeconds: 3_600,
      corsOrigins: null,
      auth: 'none',
      jwt: null,
      userMaxUploadBytes: null,
      userContentTypes: null,
      fetchAllow: [],
      fetchTimeoutMs: 600_000,
      metricsToken: null,
      graphiql: true,
      introspection: true,
      userRateLimit: 'off',
      keyRateLimit: 'off',
      addressRateLimit: 'off',
      uploadsAtOnce: 'off',
      trustedProxies: [],
      storageReserveBytes: 500_000_000,
      defaultVisibility: 'PUBLIC',
      maxUploadBytes: 5_000_000_000,
      contentTypes: [],
      uploadUrlTtlMs: 3_600_000,
      uploadLeaseTtlMs: 60_000,
      chunkDelayMs: 600_000,
      signedUrlTtlMs: 3_600_000,
      signingKeys: null,
      unreferencedTtlMs: 604_800_000,
      sweepIntervalMs: 60_000,
      shutdownTimeoutMs: 25_000,
      logLevel: 'info',
    });
  });

  test('an empty value counts as unset, and spaces around a value as nothing', () => {
    const empty = Object.fromEntries(settingKeys.map(({ key }) => [key, ' ']));
    expect(parseSettings(empty)).toEqual(parseSettings({}));
    expect(parseSettings({ PORT: ' 80 ' }).port).toBe(80);
  });

  test('the settings are frozen to the bottom', () => {
    const settings = parseSettings({
      GRIDHOLD_SIGNING_KEYS: 'a:0123456789abcdef',
      GRIDHOLD_CONTENT_TYPES: 'image/*',
    });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.contentTypes)).toBe(true);
    expect(Object.isFrozen(settings.signingKeys?.[0])).toBe(true);
  });

  test('.env.example has every key once, commented out, at its default', async () => {
    const text = await readFile(new URL('../.env.example', import.meta.url), 'utf8');
    const lines = text.split('\n').filter((line) => /^#? ?[A-Z_]+=/.test(line));
    expect(lines).toEqual(settingKeys.map((row) => `# ${row.key}=${row.default ?? ''}`));
  });
});

describe('values', () => {
  test('reads every kind of value', () => {
    expect(
      parseSettings({
        HOST: '[::1]',
        PORT: '0',
        MONGODB_URI: 'mongodb+srv://user:pass@db.example.org/app',
        GRIDHOLD_DATABASE: 'files',
        GRIDHOLD_MONGOD: '/opt/mongod',
        GRIDHOLD_MONGOD_DOWNLOAD: 'off',
        GRIDHOLD_PUBLIC_URL: 'https://Example.org:443/files//',
        GRIDHOLD_CDN_URL: 'http://cdn.example.org:8080/',
        GRIDHOLD_PUBLIC_MAX_AGE: '0s',
        GRIDHOLD_CORS_ORIGINS:
          'https://App.example.org:443, http://localhost:3000,capacitor://localhost,http://[::1]:80,',
        GRIDHOLD_DEFAULT_VISIBILITY: 'PRIVATE',
        GRIDHOLD_MAX_UPLOAD_SIZE: '1',
        GRIDHOLD_CONTENT_TYPES: 'Image/PNG, image/*, image/png, application/vnd.api+json',
        GRIDHOLD_SIGNING_KEYS: 'new:0123456789abcdef:0, old-1:fedcba9876543210',
        GRIDHOLD_UNREFERENCED_TTL: 'never',
        GRIDHOLD_SWEEP_INTERVAL: 'off',
        GRIDHOLD_CHUNK_DELAY: '0s',
      }),
    ).toMatchObject({
      host: '::1',
      port: 0,
      mongodbUri: 'mongodb+srv://user:pass@db.example.org/app',
      database: 'files',
      mongod: '/opt/mongod',
      mongodDownload: 'off',
      publicUrl: 'https://example.org/files',
      cdnUrl: 'http://cdn.example.org:8080',
      publicMaxAgeSeconds: 0,
      corsOrigins: [
        'https://app.example.org',
        'http://localhost:3000',
        'capacitor://localhost',
        'http://[::1]',
      ],
      defaultVisibility: 'PRIVATE',
      maxUploadBytes: 1,
      contentTypes: ['image/png', 'image/*', 'application/vnd.api+json'],
      signingKeys: [
        { id: 'new', secret: '0123456789abcdef:0' },
        { id: 'old-1', secret: 'fedcba9876543210' },
      ],
      unreferencedTtlMs: 'never',
      sweepIntervalMs: 'off',
      chunkDelayMs: 0,
    });
  });

  test.each([
    ['HOST', 'not a host'],
    ['HOST', '999.1.1.1'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80x'],
    ['MONGODB_URI', 'localhost:27017'],
    ['GRIDHOLD_DATABASE', 'a/b'],
    ['GRIDHOLD_DATABASE', 'admin'],
    ['GRIDHOLD_DATABASE', 'ü'.repeat(40)],
    ['GRIDHOLD_MONGOD_DOWNLOAD', 'yes'],
    ['GRIDHOLD_PUBLIC_URL', 'files.example.org'],
    ['GRIDHOLD_PUBLIC_URL', 'ftp://files.example.org'],
    ['GRIDHOLD_PUBLIC_URL', 'https://example.org/?a=b'],
    ['GRIDHOLD_PUBLIC_URL', 'https://example.org/?'],
    ['GRIDHOLD_PUBLIC_URL', 'https://example.org/#a'],
    ['GRIDHOLD_CDN_URL', 'https://user:pass@example.org'],
    ['GRIDHOLD_PUBLIC_MAX_AGE', '1500ms'],
    ['GRIDHOLD_PUBLIC_MAX_AGE', 'never'],
    ['GRIDHOLD_CORS_ORIGINS', '*'],
    ['GRIDHOLD_CORS_ORIGINS', 'null'],
    ['GRIDHOLD_CORS_ORIGINS', 'app.example.org'],
    ['GRIDHOLD_CORS_ORIGINS', 'https://app.example.org/'],
    ['GRIDHOLD_CORS_ORIGINS', 'https://*.example.org'],
    ['GRIDHOLD_CORS_ORIGINS', 'https://app.example.org:99999'],
    ['GRIDHOLD_CORS_ORIGINS', ','],
    ['GRIDHOLD_AUTH', 'nobody'],
    ['GRIDHOLD_DEFAULT_VISIBILITY', 'public'],
    ['GRIDHOLD_MAX_UPLOAD_SIZE', '0'],
    ['GRIDHOLD_MAX_UPLOAD_SIZE', 'unlimited'],
    ['GRIDHOLD_CONTENT_TYPES', 'png'],
    ['GRIDHOLD_CONTENT_TYPES', '*/*'],
    ['GRIDHOLD_UPLOAD_URL_TTL', '8d'],
    ['GRIDHOLD_UPLOAD_URL_TTL', '0s'],
    ['GRIDHOLD_UPLOAD_LEASE_TTL', '10ms'],
    ['GRIDHOLD_CHUNK_DELAY', 'never'],
    ['GRIDHOLD_SIGNED_URL_TTL', '1'],
    ['GRIDHOLD_UNREFERENCED_TTL', 'off'],
    ['GRIDHOLD_SWEEP_INTERVAL', '0s'],
    ['GRIDHOLD_SWEEP_INTERVAL', '30d'],
    ['GRIDHOLD_SHUTDOWN_TIMEOUT', '25'],
    ['GRIDHOLD_LOG_LEVEL', 'verbose'],
    ['GRIDHOLD_JWT_LEEWAY', '10m'],
    ['GRIDHOLD_USER_MAX_UPLOAD_SIZE', '0'],
    ['GRIDHOLD_USER_CONTENT_TYPES', 'png'],
    ['GRIDHOLD_FETCH_ALLOW', 'http://api.internal'],
    ['GRIDHOLD_FETCH_ALLOW', '10.0.0.0/33'],
    ['GRIDHOLD_FETCH_ALLOW', '2130706433'],
    ['GRIDHOLD_FETCH_TIMEOUT', '0s'],
    ['GRIDHOLD_GRAPHIQL', 'true'],
    ['GRIDHOLD_INTROSPECTION', 'yes'],
    ['GRIDHOLD_USER_RATE_LIMIT', '0'],
    ['GRIDHOLD_KEY_RATE_LIMIT', 'many'],
    ['GRIDHOLD_ADDRESS_RATE_LIMIT', '-1'],
    ['GRIDHOLD_UPLOADS_AT_ONCE', '1.5'],
    ['GRIDHOLD_TRUSTED_PROXIES', 'proxy.internal'],
    ['GRIDHOLD_STORAGE_RESERVE', 'some'],
    ['MONGODB_URI', 'mongodb://db1,,db2/?replicaSet=rs0'],
    ['MONGODB_URI', 'mongodb://user:secret@:27017/'],
    ['MONGODB_URI', 'mongodb://user:secret@/app'],
  ])('%s=%s is refused, and the key is named', (key, value) => {
    expect(keysOf({ [key]: value })).toContain(key);
  });

  test.each([
    'mongodb://user:pass,word@db1:27017,[::1]:27018,db3/app?replicaSet=rs0',
    'mongodb://%2Ftmp%2Fmongodb-27017.sock/',
    'mongodb://db1?replicaSet=rs0',
  ])('MONGODB_URI=%s is taken as it is', (mongodbUri) => {
    expect(parseSettings({ MONGODB_URI: mongodbUri })).toMatchObject({ mongodbUri });
  });

  test('every bad key is named at once, in one error', () => {
    const environment = {
      PORT: 'x',
      GRIDHOLD_MAX_UPLOAD_SIZE: 'x',
      GRIDHOLD_AUTH: 'x',
      GRIDHOLD_NONE: 'x',
      HOST: '0.0.0.0',
    };
    expect(keysOf(environment).sort()).toEqual(
      ['GRIDHOLD_AUTH', 'GRIDHOLD_MAX_UPLOAD_SIZE', 'GRIDHOLD_NONE', 'GRIDHOLD_PUBLIC_URL', 'PORT'].sort(),
    );
    expect(() => parseSettings(environment)).toThrow(/5 settings are wrong:\n {2}PORT: "x" is not a port/);
  });
});

describe('in code', () => {
  const texts: readonly Record<string, string>[] = [
    { GRIDHOLD_CHUNK_DELAY: '365d', GRIDHOLD_PUBLIC_MAX_AGE: '365d', GRIDHOLD_UNREFERENCED_TTL: '36500d' },
    { GRIDHOLD_CHUNK_DELAY: '0s', GRIDHOLD_PUBLIC_MAX_AGE: '0s', GRIDHOLD_UNREFERENCED_TTL: '0s' },
    { GRIDHOLD_UPLOAD_URL_TTL: '7d', GRIDHOLD_SIGNED_URL_TTL: '1s', GRIDHOLD_UPLOAD_LEASE_TTL: '1d' },
    { GRIDHOLD_SWEEP_INTERVAL: '2147483647ms', GRIDHOLD_FETCH_TIMEOUT: '1d' },
    { GRIDHOLD_CONTENT_TYPES: 'image/*', GRIDHOLD_USER_CONTENT_TYPES: 'image/png,video/mp4' },
  ];

  test.each(texts)('what the environment may say may be said too: %j', (environment) => {
    const settings = librarySettingsOf(parseSettings(environment));
    expect(librarySettings(settings)).toMatchObject(settings);
  });

  test('two signing keys of one ID are refused as they are there', () => {
    const key = { id: 'a', secret: '0123456789abcdef' };
    expect(() => librarySettings({ signingKeys: [key, key] })).toThrow(/signingKeys/);
  });

  test('types for users that may not be stored at all are refused, here and there', () => {
    expect(() =>
      librarySettings({ contentTypes: ['image/*'], userContentTypes: ['application/pdf'] }),
    ).toThrow(/userContentTypes.*none of application\/pdf is within contentTypes/s);
    expect(() =>
      parseSettings({ GRIDHOLD_CONTENT_TYPES: 'image/*', GRIDHOLD_USER_CONTENT_TYPES: 'application/pdf' }),
    ).toThrow(/GRIDHOLD_USER_CONTENT_TYPES/);
  });
});

describe('names of hosts', () => {
  test.each([
    'image-generation-service-production_v2',
    `${'a-'.repeat(60)}_`,
    'a..b',
    '-a.example',
    `${'a'.repeat(64)}`,
  ])('%s is none, and is told so at once', (name) => {
    const more = { GRIDHOLD_AUTH: 'none', GRIDHOLD_PUBLIC_URL: 'https://files.example' };
    expect(() => parseSettings({ HOST: name, ...more })).toThrow(/HOST/);
    expect(() => parseSettings({ GRIDHOLD_FETCH_ALLOW: name })).toThrow(/GRIDHOLD_FETCH_ALLOW/);
  });

  test('their labels have 1 to 63 characters, and a dot may end them', () => {
    for (const name of ['localhost', 'a.internal.', `${'a'.repeat(63)}.example`, '0.example']) {
      expect(parseSettings({ GRIDHOLD_FETCH_ALLOW: name }).fetchAllow).toEqual([name]);
    }
  });
});

describe('a database that MONGODB_URI names', () => {
  test.each([
    ['mongodb://127.0.0.1/app?replicaSet=rs0', 'app'],
    ['mongodb+srv://user:secret@cluster.example/', null],
    ['mongodb://user:secret@127.0.0.1/admin?replicaSet=rs0', null],
    ['mongodb://127.0.0.1/local', null],
  ])('%s: %j', (uri, name) => {
    expect(databaseNameOf(uri)).toBe(name);
  });
});

describe('how callers prove who they are', () => {
  const jwt = {
    GRIDHOLD_AUTH: 'jwt',
    GRIDHOLD_JWT_SECRET: 'x'.repeat(32),
    GRIDHOLD_JWT_ISSUER: 'https://login.example',
    GRIDHOLD_JWT_AUDIENCE: 'files',
  };
  const { GRIDHOLD_JWT_SECRET: _, ...withoutSecret } = jwt;
  const keySet = { ...withoutSecret, GRIDHOLD_JWT_JWKS: 'https://login.example/jwks.json' };

  test('is none, keys, jwt, or both', () => {
    expect(parseSettings({}).auth).toBe('none');
    expect(parseSettings({ GRIDHOLD_AUTH: 'keys' }).auth).toEqual(['keys']);
    expect(parseSettings({ ...jwt, GRIDHOLD_AUTH: 'keys, jwt' }).auth).toEqual(['keys', 'jwt']);
    expect(keysOf({ GRIDHOLD_AUTH: 'none,keys' })).toEqual(['GRIDHOLD_AUTH']);
  });

  test('a secret pins HS256 and a key set RS256, unless others are named', () => {
    expect(parseSettings(jwt).jwt).toMatchObject({ algorithms: ['HS256'], leewayMs: 30_000, jwks: null });
    expect(parseSettings(keySet).jwt).toMatchObject({ algorithms: ['RS256'], secret: null });
    expect(parseSettings({ ...keySet, GRIDHOLD_JWT_ALGORITHMS: 'ES256,EdDSA' }).jwt?.algorithms).toEqual([
      'ES256',
      'EdDSA',
    ]);
    expect(parseSettings({ GRIDHOLD_AUTH: 'keys' }).jwt).toBeNull();
  });

  test.each([
    ['no secret and no key set', withoutSecret, ['GRIDHOLD_JWT_SECRET']],
    ['both', { ...jwt, ...keySet }, ['GRIDHOLD_JWT_SECRET']],
    [
      'keys that travel in the open',
      { ...keySet, GRIDHOLD_JWT_JWKS: 'http://login.example/jwks.json' },
      ['GRIDHOLD_JWT_JWKS'],
    ],
    ['no issuer', { ...jwt, GRIDHOLD_JWT_ISSUER: '' }, ['GRIDHOLD_JWT_ISSUER']],
    ['no audience', { ...jwt, GRIDHOLD_JWT_AUDIENCE: '' }, ['GRIDHOLD_JWT_AUDIENCE']],
    [
      'a public key as a secret',
      { ...keySet, GRIDHOLD_JWT_ALGORITHMS: 'HS256' },
      ['GRIDHOLD_JWT_ALGORITHMS'],
    ],
    ['no signature at all', { ...jwt, GRIDHOLD_JWT_ALGORITHMS: 'none' }, ['GRIDHOLD_JWT_ALGORITHMS']],
    [
      'nobody to take them',
      { ...jwt, GRIDHOLD_AUTH: 'keys' },
      ['GRIDHOLD_JWT_SECRET', 'GRIDHOLD_JWT_ISSUER', 'GRIDHOLD_JWT_AUDIENCE'],
    ],
    ['a short secret', { ...jwt, GRIDHOLD_JWT_SECRET: 'x'.repeat(31) }, ['GRIDHOLD_JWT_SECRET']],
  ])('jwt with %s does not start', (_name, environment, keys) => {
    expect(keysOf(environment)).toEqual(keys);
  });

  test('with it, files are private, GraphiQL is off and limits are on, unless set otherwise', () => {
    const { defaultVisibility, graphiql, introspection, userRateLimit, addressRateLimit, uploadsAtOnce } =
      parseSettings({ GRIDHOLD_AUTH: 'keys' });
    expect({ defaultVisibility, graphiql, introspection }).toEqual({
      defaultVisibility: 'PRIVATE',
      graphiql: false,
      introspection: false,
    });
    expect([userRateLimit, addressRateLimit, uploadsAtOnce]).toEqual([3_000, 6_000, 32]);
    const open = {
      GRIDHOLD_DEFAULT_VISIBILITY: 'PUBLIC',
      GRIDHOLD_GRAPHIQL: 'on',
      GRIDHOLD_INTROSPECTION: 'on',
    };
    expect(parseSettings({ GRIDHOLD_AUTH: 'keys', ...open })).toMatchObject({
      defaultVisibility: 'PUBLIC',
      graphiql: true,
      introspection: true,
    });
  });
});

describe('secrets', () => {
  test.each([
    ['GRIDHOLD_SIGNING_KEYS', 'HushHushHushHush'],
    ['GRIDHOLD_SIGNING_KEYS', 'a:HushHush'],
    ['GRIDHOLD_SIGNING_KEYS', 'a:0123456789abcdef,a:HushHushHushHush'],
    ['GRIDHOLD_SIGNING_KEYS', 'HushHush HushHush:0123456789abcdef'],
    ['MONGODB_URI', 'mysql://user:HushHush@host'],
    ['GRIDHOLD_JWT_SECRET', 'HushHushHush'],
    ['GRIDHOLD_PUBLIC_URL', 'https://user:HushHush@host'],
  ])('an error about %s never repeats them', (key, value) => {
    const problems = problemsOf({ [key]: value });
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain('Hush');
  });
});

describe('unknown keys', () => {
  test('a misspelt key is refused, and the nearest one is named', () => {
    expect(problemsOf({ GRIDHOLD_SWEP_INTERVAL: '1m' })).toEqual([
      {
        key: 'GRIDHOLD_SWEP_INTERVAL',
        message: 'there is no such setting; the nearest is GRIDHOLD_SWEEP_INTERVAL',
      },
    ]);
  });

  test("what Kubernetes sets for a service named gridhold, and other programs' keys, do no harm", () => {
    const environment = {
      GRIDHOLD_SERVICE_HOST: '10.0.0.1',
      GRIDHOLD_SERVICE_PORT: '4000',
      GRIDHOLD_SERVICE_PORT_HTTP: '4000',
      GRIDHOLD_PORT: 'tcp://10.0.0.1:4000',
      GRIDHOLD_PORT_4000_TCP: 'tcp://10.0.0.1:4000',
      GRIDHOLD_PORT_4000_TCP_ADDR: '10.0.0.1',
      GRIDHOLD_API_SERVICE_HOST: '10.0.0.2',
      GRIDHOLDING: '1',
      PATH: '/bin',
    };
    expect(keysOf(environment)).toEqual([]);
  });
});

describe('beyond loopback', () => {
  test.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST'])(
    '%s is loopback',
    (host) => {
      expect(isLoopbackHost(host)).toBe(true);
      expect(keysOf({ HOST: host })).toEqual([]);
    },
  );

  test.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    'example.org',
    '127.0.0.1.example.org',
  ])('%s is beyond, and needs both GRIDHOLD_AUTH and GRIDHOLD_PUBLIC_URL', (host) => {
    const auth = { GRIDHOLD_AUTH: 'none' };
    const url = { GRIDHOLD_PUBLIC_URL: 'https://files.example.org' };
    expect(keysOf({ HOST: host })).toEqual(['GRIDHOLD_AUTH', 'GRIDHOLD_PUBLIC_URL']);
    expect(keysOf({ HOST: host, ...url })).toEqual(['GRIDHOLD_AUTH']);
    expect(keysOf({ HOST: host, ...auth })).toEqual(['GRIDHOLD_PUBLIC_URL']);
    expect(problemsOf({ HOST: host, ...auth })[0]?.message).toMatch(/GRIDHOLD_AUTH and GRIDHOLD_PUBLIC_URL/);
    expect(parseSettings({ HOST: host, ...auth, ...url }).host).toBe(host);
  });
});

describe('.env', () => {
  let folder = '';
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('is read, and never overrides the real environment', async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridhold-env-'));
    await writeFile(join(folder, '.env'), 'PATH=/nowhere\nGRIDHOLD_TEST_ONLY="from the file" # a comment\n');
    const environment = loadEnvironment(folder);
    expect(environment['GRIDHOLD_TEST_ONLY']).toBe('from the file');
    expect(environment['PATH']).not.toBe('/nowhere');
    expect(loadEnvironment()['GRIDHOLD_TEST_ONLY']).toBeUndefined();
  });

  test('may be missing, but what is there and can not be read is an error that names it', async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridhold-env-'));
    expect(() => loadEnvironment(folder)).not.toThrow();
    expect(() => loadEnvironment(join(folder, 'missing'))).not.toThrow();
    await mkdir(join(folder, '.env'));
    expect(() => loadEnvironment(folder)).toThrow(/\.env can't be read \(EISDIR\)/);
  });
});
