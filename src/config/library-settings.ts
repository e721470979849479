/**
 * The settings that a library's user gives in code: typed values with their units in the names, held to the same bounds
 * as those of the environment. What is not given is as it is there by default.
 */
import { z } from 'zod';
import { parseSettings } from './parse-settings.ts';
import { baseUrl, contentTypes, longestTimerMs, origins } from './setting-values.ts';
import type { Settings } from './settings.ts';
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

const dayMs = 86_400_000;
const milliseconds = (atLeast: number, atMost: number) => z.number().int().min(atLeast).max(atMost);
const listOf = (one: z.ZodType<readonly string[], string>) =>
  z.array(z.string().pipe(one)).transform((parts) => parts.flat());

const schema = z.strictObject({
  publicUrl: baseUrl.nullable(),
  cdnUrl: baseUrl.nullable(),
  publicMaxAgeSeconds: z.number().int().min(0),
  corsOrigins: listOf(origins).nullable(),
  auth: z.literal('none'),
  defaultVisibility: z.enum(['PUBLIC', 'PRIVATE']),
  maxUploadBytes: z.number().int().min(1),
  contentTypes: listOf(contentTypes),
  uploadUrlTtlMs: milliseconds(1_000, 7 * dayMs),
  uploadLeaseTtlMs: milliseconds(1_000, dayMs),
  chunkDelayMs: milliseconds(0, longestTimerMs),
  signedUrlTtlMs: milliseconds(1_000, 7 * dayMs),
  signingKeys: z
    .array(z.object({ id: z.string().regex(/^[\w-]{1,32}$/), secret: z.string().min(16) }))
    .min(1)
    .nullable(),
  unreferencedTtlMs: z.union([z.literal('never'), milliseconds(0, 36_500 * dayMs)]),
  sweepIntervalMs: z.union([z.literal('off'), milliseconds(100, longestTimerMs)]),
});

/** @throws SettingsError that names every setting that is wrong, by the name that it has here */
export function librarySettings(given: Partial<LibrarySettings>): LibrarySettings {
  const parsed = schema.partial().safeParse(given);
  if (!parsed.success) {
    throw new SettingsError(
      parsed.error.issues.map((issue) => ({
        key: issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.'),
        message: issue.message,
      })),
    );
  }
  const known = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  return Object.freeze({ ...parseSettings({}), ...Object.fromEntries(known) });
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
