/**
 * The settings that a library's user gives in code: typed values with their units in the names, held to the same bounds
 * as those of the environment. What is not given is as it is there by default.
 */
import { z } from 'zod';
import { defaultsFor } from './auth-defaults.ts';
import { type JwtGiven, jwtProblems, jwtSettings } from './jwt-settings.ts';
import { metricsTokenProblems } from './metrics-token.ts';
import { fetchTargets, networks } from './network-values.ts';
import { parseSettings } from './parse-settings.ts';
import {
  baseUrl,
  contentTypes,
  jwtAlgorithms,
  jwtSecret,
  longestTimerMs,
  metricsToken,
  origins,
} from './setting-values.ts';
import type { JwtSettings, Settings } from './settings.ts';
import { SettingsError } from './settings-error.ts';

/** What only a process of its own has. */
type ServiceSetting =
  | 'host'
  | 'port'
  | 'mongodbUri'
  | 'database'
  | 'dataDir'
  | 'mongod'
  | 'mongodDownload'
  | 'shutdownTimeoutMs'
  | 'logLevel';

export type LibrarySettings = Omit<Settings, ServiceSetting>;

/** As an app gives them: what a token must be has defaults of its own. */
export type GivenSettings = Partial<Omit<LibrarySettings, 'jwt'>> & {
  readonly jwt?: (JwtGiven & Pick<JwtSettings, 'issuer' | 'audience'>) | null;
};

const jwtNames = {
  auth: 'auth',
  secret: 'jwt.secret',
  jwks: 'jwt.jwks',
  issuer: 'jwt.issuer',
  audience: 'jwt.audience',
  algorithms: 'jwt.algorithms',
};

const dayMs = 86_400_000;
const milliseconds = (atLeast: number, atMost: number) => z.number().int().min(atLeast).max(atMost);
const listOf = (one: z.ZodType<readonly string[], string>) =>
  z.array(z.string().pipe(one)).transform((parts) => parts.flat());

const schema = z.strictObject({
  publicUrl: baseUrl.nullable(),
  cdnUrl: baseUrl.nullable(),
  publicMaxAgeSeconds: z.number().int().min(0),
  corsOrigins: listOf(origins).nullable(),
  auth: z.union([z.literal('none'), z.array(z.enum(['keys', 'jwt'])).min(1)]),
  jwt: z
    .strictObject({
      secret: z.string().pipe(jwtSecret).nullish(),
      jwks: z.string().min(1).nullish(),
      issuer: z.string().min(1),
      audience: z.string().min(1),
      algorithms: listOf(jwtAlgorithms).optional(),
      leewayMs: milliseconds(0, 300_000).optional(),
    })
    .nullable(),
  defaultVisibility: z.enum(['PUBLIC', 'PRIVATE']),
  maxUploadBytes: z.number().int().min(1),
  contentTypes: listOf(contentTypes),
  userMaxUploadBytes: z.number().int().min(1).nullable(),
  userContentTypes: listOf(contentTypes).nullable(),
  uploadUrlTtlMs: milliseconds(1_000, 7 * dayMs),
  uploadLeaseTtlMs: milliseconds(1_000, dayMs),
  chunkDelayMs: milliseconds(0, longestTimerMs),
  signedUrlTtlMs: milliseconds(1_000, 7 * dayMs),
  signingKeys: z
    .array(z.object({ id: z.string().regex(/^[\w-]{1,32}$/), secret: z.string().min(16) }))
    .min(1)
    .nullable(),
  fetchAllow: listOf(fetchTargets),
  fetchTimeoutMs: milliseconds(1_000, dayMs),
  metricsToken: z.string().pipe(metricsToken).nullable(),
  graphiql: z.boolean(),
  introspection: z.boolean(),
  userRateLimit: z.union([z.literal('off'), z.number().int().min(1)]),
  keyRateLimit: z.union([z.literal('off'), z.number().int().min(1)]),
  addressRateLimit: z.union([z.literal('off'), z.number().int().min(1)]),
  uploadsAtOnce: z.union([z.literal('off'), z.number().int().min(1)]),
  trustedProxies: listOf(networks),
  storageReserveBytes: z.number().int().min(0),
  unreferencedTtlMs: z.union([z.literal('never'), milliseconds(0, 36_500 * dayMs)]),
  sweepIntervalMs: z.union([z.literal('off'), milliseconds(100, longestTimerMs)]),
});

/** @throws SettingsError that names every setting that is wrong, by the name that it has here */
export function librarySettings(given: GivenSettings): LibrarySettings {
  const parsed = schema.partial().safeParse(given);
  if (!parsed.success) {
    throw new SettingsError(
      parsed.error.issues.map((issue) => ({
        key: issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.'),
        message: issue.message,
      })),
    );
  }
  const { auth = 'none', jwt, ...others } = parsed.data;
  const problems = [
    ...jwtProblems(jwt ?? {}, auth, jwtNames),
    ...metricsTokenProblems(others.metricsToken, auth, { auth: 'auth', metricsToken: 'metricsToken' }),
  ];
  if (problems.length > 0) throw new SettingsError(problems);
  const known = Object.entries(others).filter(([, value]) => value !== undefined);
  return Object.freeze({
    ...parseSettings({}),
    ...defaultsFor(auth),
    ...(others.graphiql === undefined ? {} : { introspection: others.graphiql }),
    ...Object.fromEntries(known),
    auth,
    jwt: jwtSettings(jwt ?? {}, auth),
  });
}

/** The part of the service's settings that the library takes. */
export function librarySettingsOf(settings: Settings): LibrarySettings {
  const {
    host,
    port,
    mongodbUri,
    database,
    dataDir,
    mongod,
    mongodDownload,
    shutdownTimeoutMs,
    logLevel,
    ...others
  } = settings;
  return others;
}
