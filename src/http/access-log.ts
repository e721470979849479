/** One line per request. The route's pattern stands for the path, which may hold a token. */
import type { Logger } from './logger.ts';

export interface Access {
  readonly requestId: string;
  readonly method: string;
  readonly pattern: string;
  /** Null where the client left before it was known. */
  readonly status: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** `performance.now()` at the beginning. */
  readonly startedAt: number;
  /** The client left, or the transfer broke, before the answer was complete. */
  readonly isBroken: boolean;
}

export function logAccess(logger: Logger, access: Access): void {
  logger.info(
    {
      requestId: access.requestId,
      method: access.method,
      route: access.pattern,
      status: access.status,
      bytesIn: access.bytesIn,
      bytesOut: access.bytesOut,
      durationMs: Math.round((performance.now() - access.startedAt) * 10) / 10,
      ...(access.isBroken ? { broken: true } : {}),
    },
    'request',
  );
}
