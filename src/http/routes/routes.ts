/** Every route but the mounts, in one table. */
import type { UseCases } from '../../domain/use-cases.ts';
import type { HttpSettings } from '../http-settings.ts';
import type { Route } from '../route-table.ts';
import { createMetricsRoute, type ReadMetrics } from './metrics.ts';
import { createOpenapiRoute } from './openapi.ts';
import { createReadyRoute, showHealth } from './probes.ts';
import { createRootRoute } from './root.ts';
import { createServeRoute } from './serve-file.ts';
import { createStoreRoute } from './store-file.ts';
import { createUploadRoute } from './upload.ts';

export function createRoutes(options: {
  readonly useCases: UseCases;
  readonly settings: HttpSettings;
  readonly isDraining: () => boolean;
  readonly readMetrics: ReadMetrics;
}): readonly Route[] {
  const { useCases, settings } = options;
  const upload = createUploadRoute(useCases);
  return [
    ...(settings.graphiql ? [root(settings.publicUrl)] : []),
    { pattern: '/health', path: /^\/health$/, audience: 'probes', methods: { GET: showHealth } },
    {
      pattern: '/ready',
      path: /^\/ready$/,
      audience: 'probes',
      methods: { GET: createReadyRoute(useCases, options.isDraining) },
    },
    {
      pattern: '/metrics',
      path: /^\/metrics$/,
      audience: 'operators',
      methods: { GET: createMetricsRoute(options.readMetrics) },
    },
    {
      pattern: '/openapi.json',
      path: /^\/openapi\.json$/,
      audience: 'probes',
      methods: { GET: createOpenapiRoute(settings) },
    },
    {
      pattern: '/upload/{token}',
      path: /^\/upload\/(.*)$/,
      audience: 'uploads',
      methods: { GET: upload.show, POST: upload.receive, PUT: upload.receive },
    },
    {
      pattern: '/files',
      path: /^\/files$/,
      audience: 'named',
      methods: { POST: createStoreRoute(useCases) },
    },
    {
      // The file name is for people and for `curl -O`; which file it is says the ID alone.
      pattern: '/files/{id}',
      path: /^\/files\/([^/]*)(?:\/[^/]*)?$/,
      audience: 'bytes',
      methods: { GET: createServeRoute(useCases, settings) },
    },
  ];
}

/** Leads to GraphiQL; without it there is nothing to see. */
function root(publicUrl: string | null): Route {
  return { pattern: '/', path: /^\/$/, audience: 'probes', methods: { GET: createRootRoute(publicUrl) } };
}
