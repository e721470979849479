/**
 * The settings that a library's user gives in code: typed values with their units in the names, held to the same bounds
 * as those of the environment. What is not given is as it is there by default.
 */
import { z } from 'zod';
import { defaultsFor } from './auth-defaults.ts';
import { type Bounds, bounds } from './bounds.ts';
import { userTypeProblems } from './content-type-patterns.ts';
import { type JwtGiven, jwtProblems, jwtSettings } from './jwt-settings.ts';
import { metricsTokenProblems } from './metrics-token.ts';
import { fetchTargets, networks } from './network-values.ts';
import { parseSettings } from './parse-settings.ts';
import { baseUrl, contentTypes, jwtAlgorithms, jwtSecret, metricsToken, origins } from './setting-values.ts';
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

export interface LibrarySettings extends Omit<Settings, ServiceSetting> {
  /**
   * The app has not said who may do what: `none` then goes for whoever is on this machine only. The bytes of files, and
   * upload URLs, need nobody to say so.
   */
  readonly isAuthUndecided: boolean;
}

/** As an app gives them: what a token must be has defaults of its own. */
export type GivenSettings = Partial<Omit<LibrarySettings, 'jwt' | 'isAuthUndecided'>> & {
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

const milliseconds = ({ atLeastMs, atMostMs }: Bounds) => z.number().int().min(atLeastMs).max(atMostMs);
const listOf = (one: z.ZodType<readonly string[], string>) =>
  z.array(z.string().pipe(one)).transform((parts) => parts.flat());

const schema = z.strictObject({
  publicUrl: baseUrl.nullable(),
  cdnUrl: baseUrl.nullable(),
  publicMaxAgeSeconds: z
    .number()
    .int()
    .min(bounds.publicMaxAge.atLeastMs / 1_000)
    .max(bounds.publicMaxAge.atMostMs / 1_000),
  corsOrigins: listOf(origins).nullable(),
  auth: z.union([z.literal('none'), z.array(z.enum(['keys', 'jwt'])).min(1)]),
  jwt: z
    .strictObject({
      secret: z.string().pipe(jwtSecret).nullish(),
      jwks: z.string().min(1).nullish(),
      issuer: z.string().min(1),
      audience: z.string().min(1),
      algorithms: listOf(jwtAlgorithms).optional(),
      leewayMs: milliseconds(bounds.jwtLeeway).optional(),
    })
    .nullable(),
  defaultVisibility: z.enum(['PUBLIC', 'PRIVATE']),
  maxUploadBytes: z.number().int().min(1),
  contentTypes: listOf(contentTypes),
  userMaxUploadBytes: z.number().int().min(1).nullable(),
  userContentTypes: listOf(contentTypes).nullable(),
  uploadUrlTtlMs: milliseconds(bounds.uploadUrlTtl),
  uploadLeaseTtlMs: milliseconds(bounds.uploadLeaseTtl),
  chunkDelayMs: milliseconds(bounds.chunkDelay),
  signedUrlTtlMs: milliseconds(bounds.signedUrlTtl),
  signingKeys: z
    .array(z.object({ id: z.string().regex(/^[\w-]{1,32}$/), secret: z.string().min(16) }))
    .min(1)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'two keys have the same id')
    .nullable(),
  fetchAllow: listOf(fetchTargets),
  fetchTimeoutMs: milliseconds(bounds.fetchTimeout),
  metricsToken: z.string().pipe(metricsToken).nullable(),
  graphiql: z.boolean(),
  introspection: z.boolean(),
  userRateLimit: z.union([z.literal('off'), z.number().int().min(1)]),
  keyRateLimit: z.union([z.literal('off'), z.number().int().min(1)]),
  addressRateLimit: z.union([z.literal('off'), z.number().int().min(1)]),
  uploadsAtOnce: z.union([z.literal('off'), z.number().int().min(1)]),
  trustedProxies: listOf(networks),
  storageReserveBytes: z.number().int().min(0),
  unreferencedTtlMs: z.union([z.literal('never'), milliseconds(bounds.unreferencedTtl)]),
  sweepIntervalMs: z.union([z.literal('off'), milliseconds(bounds.sweepInterval)]),
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
  const { contentTypes: allowed = [], userContentTypes = null } = others;
  const problems = [
    ...jwtProblems(jwt ?? {}, auth, jwtNames),
    ...userTypeProblems(allowed, userContentTypes, {
      contentTypes: 'contentTypes',
      userContentTypes: 'userContentTypes',
    }),
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
    isAuthUndecided: parsed.data.auth === undefined,
  });
}

/** The part of the service's settings that the library takes. */
export function librarySettingsOf(settings: Settings): Omit<LibrarySettings, 'isAuthUndecided'> {
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
