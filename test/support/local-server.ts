/** The service's own server in the test's process, where a test needs bounds made short that are no settings. */
import { afterAll } from 'vitest';
import { librarySettings, librarySettingsOf } from '../../src/config/library-settings.ts';
import { parseSettings } from '../../src/config/parse-settings.ts';
import { createGraphqlEdge } from '../../src/graphql/graphql-edge.ts';
import type { Gridhold } from '../../src/gridhold.ts';
import { createHttpEdge } from '../../src/http/http-edge.ts';
import type { EdgeLimits } from '../../src/http/http-settings.ts';
import { type RunningServer, type ServerLimits, startServer } from '../../src/http/server.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';

export interface LocalServer extends RunningServer {
  /** How many answers were broken off so far, by either side. */
  broken(): number;
}

const running: RunningServer[] = [];

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  await Promise.all(running.map((server) => server.stop()));
});

/** Ends with the test file. */
export async function startLocalServer(
  gridhold: Gridhold,
  limits: Partial<EdgeLimits> & Partial<ServerLimits> = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<LocalServer> {
  let broken = 0;
  const silent = {
    debug: () => {},
    info(fields: object) {
      if ('broken' in fields) broken += 1;
    },
    warn: () => {},
    error: () => {},
  };
  const parsed = librarySettings(librarySettingsOf(parseSettings(settings)));
  const { useCases } = gridhold;
  const metrics = createMetrics({ version: 'test' });
  const edge = createHttpEdge({
    useCases,
    settings: parsed,
    mounts: [createGraphqlEdge({ useCases, settings: parsed, logger: silent })],
    sharedCounts: { windowMs: 60_000, add: async (_key, count) => ({ count, msLeft: 60_000 }) },
    logger: silent,
    isDraining: () => false,
    observer: metrics.requests,
    readMetrics: () => metrics.read({ ofProcess: false }),
    limits,
  });
  const server = await startServer({
    edge,
    host: '127.0.0.1',
    port: 0,
    shutdownTimeoutMs: 0,
    logger: silent,
    limits,
  });
  running.push(server);
  return { ...server, broken: () => broken };
}
