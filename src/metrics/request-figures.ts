/**
 * Requests by HTTP. Bytes of a transfer that is under way are added whenever somebody asks, so that a long one shows
 * while it runs, and nothing is counted at each piece.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RequestKind, RequestObserver, Transfer } from '../http/request-observer.ts';
import { codeLabel, faultCodes, methodLabel } from './labels.ts';

/** From what a cached answer takes to what a large file takes. */
const durationBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

interface Running {
  readonly kind: RequestKind;
  readonly read: () => Transfer;
  /** What the counters have of it. */
  told: Transfer;
}

export function requestFigures(registry: Registry): RequestObserver {
  const registers = [registry];
  const running = new Set<Running>();
  const underWay = (kind: RequestKind): number => [...running].filter((one) => one.kind === kind).length;
  const requests = new Counter({
    name: 'gridhold_http_requests_total',
    help: 'Requests that are over, by route, method and status (`none`: the client left before)',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'gridhold_http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer, transfers and slow clients included, by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: durationBucketsSeconds,
    registers,
  });
  const broken = new Counter({
    name: 'gridhold_http_requests_broken_total',
    help: 'Requests whose client left, or whose transfer broke, before the answer was complete, by route',
    labelNames: ['route'],
    registers,
  });
  const bytesIn = new Counter({
    name: 'gridhold_http_received_bytes_total',
    help: 'Bytes of bodies that came in, those of running uploads included',
    registers,
    collect: () => running.forEach(tell),
  });
  const bytesOut = new Counter({
    name: 'gridhold_http_sent_bytes_total',
    help: 'Bytes of answers that went out, those of running downloads included',
    registers,
    collect: () => running.forEach(tell),
  });
  new Gauge({
    name: 'gridhold_uploads_running',
    help: 'Requests under way that may send a file',
    registers,
    collect() {
      this.set(underWay('upload'));
    },
  });
  new Gauge({
    name: 'gridhold_downloads_running',
    help: 'Requests under way that get a file',
    registers,
    collect() {
      this.set(underWay('download'));
    },
  });
  const errors = new Counter({
    name: 'gridhold_errors_total',
    help: 'Errors that clients were told, by edge (http, graphql) and code; RATE_LIMITED among them',
    labelNames: ['edge', 'code'],
    registers,
  });
  // A counter that is not there before its first error hides that error from `increase`.
  for (const edge of ['http', 'graphql']) for (const code of faultCodes) errors.inc({ edge, code }, 0);

  function tell(one: Running): void {
    const now = one.read();
    bytesIn.inc(Math.max(0, now.bytesIn - one.told.bytesIn));
    bytesOut.inc(Math.max(0, now.bytesOut - one.told.bytesOut));
    // A last word may be lower than an estimate before it: counters do not go back.
    one.told = {
      bytesIn: Math.max(now.bytesIn, one.told.bytesIn),
      bytesOut: Math.max(now.bytesOut, one.told.bytesOut),
    };
  }

  return {
    begin({ route, method, kind }, read) {
      const one: Running = { kind, read, told: { bytesIn: 0, bytesOut: 0 } };
      running.add(one);
      return ({ status, durationMs, isBroken }) => {
        running.delete(one);
        tell(one);
        const labels = { route, method: methodLabel(method), status: String(status ?? 'none') };
        requests.inc(labels);
        durations.observe(labels, durationMs / 1000);
        if (isBroken) broken.inc({ route });
      };
    },
    failed(edge, code) {
      errors.inc({ edge, code: codeLabel(code) });
    },
  };
}
