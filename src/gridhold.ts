/**
 * Gridhold as a library, on the app's own MongoClient: the composition root. Everything is wired here and nowhere
 * else; the service is this and a frame (cli/serve.ts).
 *
 * @example
 * const gridhold = await createGridhold({ client, database: 'app' });
 * const file = await gridhold.store(bytes, { filename: 'photo.jpg' });
 * await session.withTransaction(async () => {
 *   await messages.insertOne(message, { session });
 *   await gridhold.attach({ fileId: file.id, document: { collection: 'messages', documentId } }, { session });
 * });
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GivenSettings, type LibrarySettings, librarySettings } from './config/library-settings.ts';
import { packageVersion } from './config/version.ts';
import { createAtOnce } from './domain/at-once.ts';
import { createAuthenticate } from './domain/authenticate.ts';
import { createCollectingSince } from './domain/collecting-since.ts';
import type { DomainContext } from './domain/context.ts';
import { createUseCases } from './domain/create-use-cases.ts';
import { createKeyRing } from './domain/key-ring.ts';
import type { Logger } from './domain/logger.ts';
import { createOneAtATime } from './domain/one-at-a-time.ts';
import { createSpace } from './domain/space.ts';
import { createStoreState } from './domain/store-state.ts';
import { createSweeper } from './domain/sweeper.ts';
import type { UseCases } from './domain/use-cases.ts';
import type { FetchOptions } from './http/fetch-adaptor.ts';
import type { HttpEdge, HttpEdgeOptions } from './http/http-edge.ts';
import type { GivenHeaders } from './http/serve.ts';
import { createLibrary, type Library } from './library.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { createOutbound } from './outbound/outbound.ts';
import { createByteBudget } from './storage/byte-budget.ts';
import { readFreeSpace } from './storage/free-space.ts';
import { watchPool } from './storage/pool-watch.ts';
import { createStoredCounts } from './storage/rate-limits.ts';
import { createReadTurns } from './storage/read-turns.ts';
import { ensureSigningKeys, readSigningKeys } from './storage/signing-keys.ts';
import { type AppClient, openStore, type Store } from './storage/store.ts';

export { SettingsError } from './config/settings-error.ts';
export { type ErrorCode, errorCodes } from './errors/codes.ts';
export { type ErrorDetails, GridholdError } from './errors/gridhold-error.ts';
export type { LibraryFile, StoreOptions } from './library.ts';
export { StoreRefusedError } from './storage/store.ts';

/** Bytes that all writers, and all readers, of this process may hold. */
const writeBudgetBytes = 24 * 1024 * 1024;
const readBudgetBytes = 16 * 1024 * 1024;
const readsAtOnce = 16;
const idleReaderMs = 5_000;

export interface GridholdOptions extends GivenSettings {
  /** The app's own, connected to a replica set. It is never closed by us. */
  readonly client: AppClient;
  /** The database for our collections. It may be the app's, where none of our collections' names are taken. */
  readonly database: string;
  /** In pino's form. Default: silent. */
  readonly logger?: Logger;
}

export interface Gridhold extends Library {
  /** For `node:http` and whatever speaks its types: all routes of the HTTP contract and GraphQL. */
  handleNode(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /**
   * The same for servers that speak fetch: a `Request` in, a `Response` out. A Request does not know who sent it: give
   * the address of whoever is connected to your server, or nothing is limited by address.
   */
  fetch(request: Request, options?: FetchOptions): Promise<Response>;
  /**
   * Serves a file on a route of the app's own: ranges, preconditions and safe headers as on ours. The app's `headers`
   * come last. Without `id` the file that the request's path names (`/files/{id}`).
   */
  serve(
    request: Request,
    options?: { readonly id?: string; readonly headers?: GivenHeaders },
  ): Promise<Response>;
  /** The rules themselves, for frames and edges of your own. */
  readonly useCases: UseCases;
  /**
   * Gridhold's own figures in Prometheus's text format 0.0.4, to be shown beside the app's. `/metrics` shows those of the
   * process as well.
   */
  metrics(): Promise<string>;
  /** From now on `/ready` answers 503. */
  drain(): void;
  /** Stops sweeping, and listening to the client, which stays open. */
  close(): Promise<void>;
}

/**
 * Opens the store and makes its indexes.
 * @throws SettingsError naming what is wrong in the options, StoreRefusedError where the database can't be ours, or MongoDB's errors where it does not answer
 */
export async function createGridhold(options: GridholdOptions): Promise<Gridhold> {
  const { client, database, logger = silent, ...given } = options;
  const settings = librarySettings(given);
  const metrics = createMetrics({ version: packageVersion() });
  const store = await openStore(client, database, metrics.transactions);
  const context: DomainContext = {
    store,
    settings,
    signing: await openKeyRing(store, settings),
    authenticate: await createAuthenticate(store, settings),
    writeBudget: createByteBudget(writeBudgetBytes),
    reading: {
      budget: createByteBudget(readBudgetBytes),
      turns: createReadTurns(readsAtOnce),
      idleMs: idleReaderMs,
    },
    space: createSpace({
      read: () => readFreeSpace(store),
      reserveBytes: settings.storageReserveBytes,
      log: logger,
    }),
    collecting: createCollectingSince(store),
    finalizing: createOneAtATime(),
    outbound: createOutbound(settings),
    thirdPartyTurns: createAtOnce(),
    log: logger,
    sweeps: metrics.sweeps,
  };
  const pool = watchPool(store.client);
  metrics.watch({
    readPool: pool.read,
    readStoreState: createStoreState(context),
    budgets: { write: context.writeBudget, read: context.reading.budget },
  });
  const useCases = createUseCases(context);
  const sweeper = createSweeper(useCases, settings.sweepIntervalMs, logger);
  let isDraining = false;
  const edge = lazily(() =>
    createEdge({
      useCases,
      settings,
      logger,
      sharedCounts: createStoredCounts(store),
      metrics,
      isDraining: () => isDraining,
    }),
  );
  return {
    ...createLibrary(useCases, settings),
    useCases,
    handleNode: async (request, response) => (await edge()).handleNode(request, response),
    fetch: async (request, fetchOptions) => (await edge()).fetch(request, fetchOptions),
    serve: async (request, serveOptions = {}) => (await edge()).serve(request, serveOptions),
    metrics: () => metrics.read({ ofProcess: false }),
    drain() {
      isDraining = true;
    },
    async close() {
      pool.stop();
      await sweeper.stop();
    },
  };
}

async function openKeyRing(store: Store, settings: LibrarySettings): Promise<DomainContext['signing']> {
  if (settings.signingKeys) return createKeyRing(settings.signingKeys, null);
  return createKeyRing(await ensureSigningKeys(store), () => readSigningKeys(store));
}

/** Imported when first asked for: an app that uses the rules alone does not load GraphQL. */
async function createEdge({
  metrics,
  ...parts
}: Omit<HttpEdgeOptions, 'settings' | 'mounts' | 'observer' | 'readMetrics'> & {
  readonly settings: LibrarySettings;
  readonly metrics: Metrics;
}): Promise<HttpEdge> {
  const [{ createGraphqlEdge }, { createHttpEdge }] = await Promise.all([
    import('./graphql/graphql-edge.ts'),
    import('./http/http-edge.ts'),
  ]);
  return createHttpEdge({
    ...parts,
    mounts: [createGraphqlEdge({ ...parts, onOperation: metrics.onOperation })],
    observer: metrics.requests,
    readMetrics: () => metrics.read({ ofProcess: true }),
  });
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
