/**
 * From text to settings, once, at start. Names every bad key in one error; what the kinds of values are stands in
 * setting-values.ts, where the text comes from in load-environment.ts.
 */
import { z } from 'zod';
import { defaultsFor } from './auth-defaults.ts';
import { bounds } from './bounds.ts';
import { userTypeProblems } from './content-type-patterns.ts';
import { type JwtGiven, jwtProblems, jwtSettings } from './jwt-settings.ts';
import type { Environment } from './load-environment.ts';
import { isLoopbackHost } from './loopback.ts';
import { metricsTokenProblems } from './metrics-token.ts';
import { fetchTargets, networks } from './network-values.ts';
import { settingKeys } from './setting-keys.ts';
import {
  auth,
  baseUrl,
  contentTypes,
  countOrOff,
  databaseName,
  duration,
  durationOr,
  host,
  jwtAlgorithms,
  jwtSecret,
  metricsToken,
  mongodbUri,
  oneOf,
  origins,
  plainText,
  port,
  signingKeys,
  size,
  sizeOrZero,
  wholeSeconds,
} from './setting-values.ts';
import type { Settings } from './settings.ts';
import { SettingsError, type SettingsProblem } from './settings-error.ts';
import { unknownKeyProblems } from './unknown-keys.ts';

const schema = z.object({
  HOST: host.prefault('127.0.0.1'),
  PORT: port.prefault('4000'),
  MONGODB_URI: mongodbUri.optional(),
  GRIDHOLD_DATABASE: databaseName.optional(),
  GRIDHOLD_DATA_DIR: plainText.prefault('.gridhold'),
  GRIDHOLD_MONGOD: plainText.optional(),
  GRIDHOLD_MONGOD_DOWNLOAD: oneOf('on', 'pypi', 'off').prefault('on'),
  GRIDHOLD_PUBLIC_URL: baseUrl.optional(),
  GRIDHOLD_CDN_URL: baseUrl.optional(),
  GRIDHOLD_PUBLIC_MAX_AGE: wholeSeconds(bounds.publicMaxAge).prefault('1h'),
  GRIDHOLD_CORS_ORIGINS: origins.optional(),
  GRIDHOLD_AUTH: auth.prefault('none'),
  GRIDHOLD_JWT_SECRET: jwtSecret.optional(),
  GRIDHOLD_JWT_JWKS: plainText.optional(),
  GRIDHOLD_JWT_ISSUER: plainText.optional(),
  GRIDHOLD_JWT_AUDIENCE: plainText.optional(),
  GRIDHOLD_JWT_ALGORITHMS: jwtAlgorithms.optional(),
  GRIDHOLD_JWT_LEEWAY: duration(bounds.jwtLeeway).prefault('30s'),
  GRIDHOLD_DEFAULT_VISIBILITY: oneOf('PUBLIC', 'PRIVATE').optional(),
  GRIDHOLD_MAX_UPLOAD_SIZE: size.prefault('5GB'),
  GRIDHOLD_CONTENT_TYPES: contentTypes.optional(),
  GRIDHOLD_USER_MAX_UPLOAD_SIZE: size.optional(),
  GRIDHOLD_USER_CONTENT_TYPES: contentTypes.optional(),
  GRIDHOLD_UPLOAD_URL_TTL: duration(bounds.uploadUrlTtl).prefault('1h'),
  GRIDHOLD_UPLOAD_LEASE_TTL: duration(bounds.uploadLeaseTtl).prefault('1m'),
  GRIDHOLD_CHUNK_DELAY: duration(bounds.chunkDelay).prefault('10m'),
  GRIDHOLD_SIGNED_URL_TTL: duration(bounds.signedUrlTtl).prefault('1h'),
  GRIDHOLD_SIGNING_KEYS: signingKeys.optional(),
  GRIDHOLD_FETCH_ALLOW: fetchTargets.optional(),
  GRIDHOLD_FETCH_TIMEOUT: duration(bounds.fetchTimeout).prefault('10m'),
  GRIDHOLD_METRICS_TOKEN: metricsToken.optional(),
  GRIDHOLD_GRAPHIQL: oneOf('on', 'off').optional(),
  GRIDHOLD_INTROSPECTION: oneOf('on', 'off').optional(),
  GRIDHOLD_USER_RATE_LIMIT: countOrOff.optional(),
  GRIDHOLD_KEY_RATE_LIMIT: countOrOff.optional(),
  GRIDHOLD_ADDRESS_RATE_LIMIT: countOrOff.optional(),
  GRIDHOLD_UPLOADS_AT_ONCE: countOrOff.optional(),
  GRIDHOLD_TRUSTED_PROXIES: networks.optional(),
  GRIDHOLD_STORAGE_RESERVE: sizeOrZero.prefault('500MB'),
  GRIDHOLD_UNREFERENCED_TTL: durationOr('never', bounds.unreferencedTtl).prefault('7d'),
  GRIDHOLD_SWEEP_INTERVAL: durationOr('off', bounds.sweepInterval).prefault('1m'),
  GRIDHOLD_SHUTDOWN_TIMEOUT: duration(bounds.shutdownTimeout).prefault('25s'),
  GRIDHOLD_LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').prefault('info'),
});

/** @throws SettingsError that names every key that is wrong */
export function parseSettings(environment: Environment): Settings {
  const given = givenValues(environment);
  const parsed = schema.safeParse(given);
  const issues = parsed.success ? [] : parsed.error.issues;
  const problems: SettingsProblem[] = [
    ...issues.map(({ path, message }) => ({ key: String(path[0] ?? 'settings'), message })),
    ...exposureProblems(given),
    ...(parsed.success ? jwtProblems(jwtGiven(parsed.data), parsed.data.GRIDHOLD_AUTH, jwtKeys) : []),
    ...(parsed.success ? typeProblems(parsed.data) : []),
    ...(parsed.success
      ? metricsTokenProblems(parsed.data.GRIDHOLD_METRICS_TOKEN, parsed.data.GRIDHOLD_AUTH, metricsKeys)
      : []),
    ...unknownKeyProblems(Object.keys(environment).filter((key) => environment[key]?.trim())),
  ];
  if (!parsed.success || problems.length > 0) throw new SettingsError(problems);
  const values = parsed.data;
  const defaults = defaultsFor(values.GRIDHOLD_AUTH);
  const switched = (value: 'on' | 'off' | undefined, otherwise: boolean): boolean =>
    value === undefined ? otherwise : value === 'on';
  return deepFreeze({
    host: values.HOST,
    port: values.PORT,
    mongodbUri: values.MONGODB_URI ?? null,
    database: values.GRIDHOLD_DATABASE ?? null,
    dataDir: values.GRIDHOLD_DATA_DIR,
    // The name that mongodb-memory-server gave to the same wish counts too: many machines have it set.
    mongod: values.GRIDHOLD_MONGOD ?? (environment['MONGOMS_SYSTEM_BINARY']?.trim() || null),
    mongodDownload: values.GRIDHOLD_MONGOD_DOWNLOAD,
    publicUrl: values.GRIDHOLD_PUBLIC_URL ?? null,
    cdnUrl: values.GRIDHOLD_CDN_URL ?? null,
    publicMaxAgeSeconds: values.GRIDHOLD_PUBLIC_MAX_AGE,
    corsOrigins: values.GRIDHOLD_CORS_ORIGINS ?? null,
    auth: values.GRIDHOLD_AUTH,
    jwt: jwtSettings(jwtGiven(values), values.GRIDHOLD_AUTH),
    defaultVisibility: values.GRIDHOLD_DEFAULT_VISIBILITY ?? defaults.defaultVisibility,
    maxUploadBytes: values.GRIDHOLD_MAX_UPLOAD_SIZE,
    contentTypes: values.GRIDHOLD_CONTENT_TYPES ?? [],
    userMaxUploadBytes: values.GRIDHOLD_USER_MAX_UPLOAD_SIZE ?? null,
    userContentTypes: values.GRIDHOLD_USER_CONTENT_TYPES ?? null,
    uploadUrlTtlMs: values.GRIDHOLD_UPLOAD_URL_TTL,
    uploadLeaseTtlMs: values.GRIDHOLD_UPLOAD_LEASE_TTL,
    chunkDelayMs: values.GRIDHOLD_CHUNK_DELAY,
    signedUrlTtlMs: values.GRIDHOLD_SIGNED_URL_TTL,
    signingKeys: values.GRIDHOLD_SIGNING_KEYS ?? null,
    fetchAllow: values.GRIDHOLD_FETCH_ALLOW ?? [],
    fetchTimeoutMs: values.GRIDHOLD_FETCH_TIMEOUT,
    metricsToken: values.GRIDHOLD_METRICS_TOKEN ?? null,
    graphiql: switched(values.GRIDHOLD_GRAPHIQL, defaults.graphiql),
    // GraphiQL without the schema is a page of errors.
    introspection: switched(
      values.GRIDHOLD_INTROSPECTION,
      switched(values.GRIDHOLD_GRAPHIQL, defaults.introspection),
    ),
    userRateLimit: values.GRIDHOLD_USER_RATE_LIMIT ?? defaults.userRateLimit,
    keyRateLimit: values.GRIDHOLD_KEY_RATE_LIMIT ?? defaults.keyRateLimit,
    addressRateLimit: values.GRIDHOLD_ADDRESS_RATE_LIMIT ?? defaults.addressRateLimit,
    uploadsAtOnce: values.GRIDHOLD_UPLOADS_AT_ONCE ?? defaults.uploadsAtOnce,
    trustedProxies: values.GRIDHOLD_TRUSTED_PROXIES ?? [],
    storageReserveBytes: values.GRIDHOLD_STORAGE_RESERVE,
    unreferencedTtlMs: values.GRIDHOLD_UNREFERENCED_TTL,
    sweepIntervalMs: values.GRIDHOLD_SWEEP_INTERVAL,
    shutdownTimeoutMs: values.GRIDHOLD_SHUTDOWN_TIMEOUT,
    logLevel: values.GRIDHOLD_LOG_LEVEL,
  });
}

/** The keys of the environment, as problems name them. */
const jwtKeys = {
  auth: 'GRIDHOLD_AUTH',
  secret: 'GRIDHOLD_JWT_SECRET',
  jwks: 'GRIDHOLD_JWT_JWKS',
  issuer: 'GRIDHOLD_JWT_ISSUER',
  audience: 'GRIDHOLD_JWT_AUDIENCE',
  algorithms: 'GRIDHOLD_JWT_ALGORITHMS',
};

const metricsKeys = { auth: 'GRIDHOLD_AUTH', metricsToken: 'GRIDHOLD_METRICS_TOKEN' };

function jwtGiven(values: z.output<typeof schema>): JwtGiven {
  return {
    secret: values.GRIDHOLD_JWT_SECRET,
    jwks: values.GRIDHOLD_JWT_JWKS,
    issuer: values.GRIDHOLD_JWT_ISSUER,
    audience: values.GRIDHOLD_JWT_AUDIENCE,
    algorithms: values.GRIDHOLD_JWT_ALGORITHMS,
    leewayMs: values.GRIDHOLD_JWT_LEEWAY,
  };
}

function typeProblems(values: z.output<typeof schema>): SettingsProblem[] {
  const { GRIDHOLD_CONTENT_TYPES: contentTypes = [], GRIDHOLD_USER_CONTENT_TYPES: userContentTypes = null } =
    values;
  return userTypeProblems(contentTypes, userContentTypes, {
    contentTypes: 'GRIDHOLD_CONTENT_TYPES',
    userContentTypes: 'GRIDHOLD_USER_CONTENT_TYPES',
  });
}

/** Empty counts as unset: that is what `KEY=` in a compose file or a shell means. */
function givenValues(environment: Environment): Record<string, string> {
  const entries = settingKeys.map(({ key }) => [key, environment[key]?.trim() ?? ''] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

/** What others can reach must say who may do what, and under which address: neither is guessed. */
function exposureProblems(given: Readonly<Record<string, string>>): SettingsProblem[] {
  const listensOn = given['HOST'];
  if (listensOn === undefined || isLoopbackHost(listensOn)) return [];
  return ['GRIDHOLD_AUTH', 'GRIDHOLD_PUBLIC_URL']
    .filter((key) => given[key] === undefined)
    .map((key) => ({
      key,
      message: 'HOST is beyond loopback, so GRIDHOLD_AUTH and GRIDHOLD_PUBLIC_URL must both be given',
    }));
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  }
  return Object.freeze(value);
}
