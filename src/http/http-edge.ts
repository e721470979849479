/**
 * The HTTP edge, put together: everything of the contract but GraphQL, which is plugged in as a mount. It has a door for
 * node:http and one for fetch, so that it can be served by itself or mounted in any server.
 */

import type { Logger } from '../domain/logger.ts';
import type { UseCases } from '../domain/use-cases.ts';
import { createAccounts } from './account.ts';
import { createAdmission } from './admission/admission.ts';
import { createClientAddress } from './admission/client-address.ts';
import { createRequestCounts, type SharedCounts } from './admission/request-counts.ts';
import { createFetchHandler, type FetchHandler } from './fetch-adaptor.ts';
import { defaultEdgeLimits, type EdgeLimits, type HttpSettings } from './http-settings.ts';
import { createLeastProgress } from './least-progress.ts';
import type { Mount } from './mount.ts';
import { createNodeHandler, type NodeHandler } from './node-adaptor.ts';
import type { RequestObserver } from './request-observer.ts';
import type { ReadMetrics } from './routes/metrics.ts';
import { createRoutes } from './routes/routes.ts';
import { createServe, type ServeOptions } from './serve.ts';
import { createReception } from './visit.ts';

export interface HttpEdge {
  readonly handleNode: NodeHandler;
  readonly fetch: FetchHandler;
  /** A file's bytes in a route of the app's own. Never rejects. */
  serve(request: Request, options?: ServeOptions): Promise<Response>;
}

export interface HttpEdgeOptions {
  readonly useCases: UseCases;
  readonly settings: HttpSettings;
  readonly mounts: readonly Mount[];
  /** What all instances have counted together. */
  readonly sharedCounts: SharedCounts;
  readonly logger: Logger;
  readonly observer: RequestObserver;
  /** What `/metrics` shows. */
  readonly readMetrics: ReadMetrics;
  /** True once the process is to end: `/ready` says so, and connections are closed after their answer. */
  readonly isDraining: () => boolean;
  readonly limits?: Partial<EdgeLimits>;
}

export function createHttpEdge(options: HttpEdgeOptions): HttpEdge {
  const { useCases, settings, logger, isDraining } = options;
  const limits = { ...defaultEdgeLimits, ...options.limits };
  const routes = createRoutes({ useCases, settings, isDraining, readMetrics: options.readMetrics });
  const addressOf = createClientAddress(settings.trustedProxies);
  const openAccount = createAccounts({ logger, observer: options.observer, addressOf });
  const counts = createRequestCounts(options.sharedCounts, logger);
  const admission = createAdmission(settings, counts, addressOf);
  const receive = createReception({
    useCases,
    settings,
    routes,
    mounts: options.mounts,
    admission,
    openAccount,
    logger,
  });
  return {
    handleNode: createNodeHandler({
      receive,
      settings,
      limits,
      leastProgress: createLeastProgress(limits),
      logger,
      isDraining,
    }),
    fetch: createFetchHandler({ receive, logger }),
    serve: createServe({ useCases, settings, openAccount, logger }),
  };
}
