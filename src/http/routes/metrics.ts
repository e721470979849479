/** `/metrics`: what Prometheus scrapes. Who may is identify.ts's; what is counted, of whoever counts. */
import { type RouteHandler, textAnswer } from '../exchange.ts';

/** In Prometheus's text format, version 0.0.4. Answers within some seconds, whatever is away. */
export type ReadMetrics = () => Promise<string>;

export function createMetricsRoute(readMetrics: ReadMetrics): RouteHandler {
  return async () =>
    textAnswer(200, 'text/plain; version=0.0.4; charset=utf-8', await readMetrics(), {
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    });
}
