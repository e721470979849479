/**
 * What is told of each request when it is over: one line in the log, and the counts. The route's pattern stands for the
 * path, which may hold a token; of the caller there is the ID, which is no secret.
 */

import type { Logger } from '../domain/logger.ts';
import type { Caller } from '../domain/model.ts';
import type { RequestKind, RequestObserver, Transfer } from './request-observer.ts';

export interface Account {
  identified(caller: Caller): void;
  /** Of several errors the first stands in the log. */
  failed(edge: 'http' | 'graphql', code: string): void;
  /** From now on its bytes are read here. */
  metered(read: () => Transfer): void;
  /** Once. `isBroken`: the client left, or the transfer broke, before the answer was complete. */
  end(outcome: { readonly status: number | null; readonly isBroken: boolean }): void;
}

export type OpenAccount = (request: {
  readonly requestId: string;
  readonly method: string;
  readonly pattern: string;
  readonly kind: RequestKind;
}) => Account;

/** Subjects of tokens are as long as their issuer likes. */
const mostCallerCharacters = 200;

export function createAccounts(logger: Logger, observer: RequestObserver): OpenAccount {
  return ({ requestId, method, pattern, kind }) => {
    const startedAt = performance.now();
    let read = (): Transfer => ({ bytesIn: 0, bytesOut: 0 });
    let caller: Caller | null = null;
    let code: string | null = null;
    const finish = observer.begin({ route: pattern, method, kind }, () => read());
    return {
      identified(known) {
        caller = known;
      },
      failed(edge, failure) {
        code ??= failure;
        observer.failed(edge, failure);
      },
      metered(meter) {
        read = meter;
      },
      end({ status, isBroken }) {
        const durationMs = performance.now() - startedAt;
        finish({ status, durationMs, isBroken });
        logger.info(
          {
            requestId,
            method,
            route: pattern,
            status,
            ...(code === null ? {} : { code }),
            ...(caller === null
              ? {}
              : { caller: caller.id.slice(0, mostCallerCharacters), role: caller.role }),
            ...read(),
            durationMs: Math.round(durationMs * 10) / 10,
            ...(isBroken ? { broken: true } : {}),
          },
          'request',
        );
      },
    };
  };
}
