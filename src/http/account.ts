/**
 * What is told of each request when it is over: one line in the log, and the counts. The route's pattern stands for the
 * path, which may hold a token; of the file and the caller there is the ID, which is no secret. Messages of errors are
 * left out: they repeat what clients sent.
 */

import type { Logger } from '../domain/logger.ts';
import type { Caller } from '../domain/model.ts';
import type { ReadClientAddress } from './admission/client-address.ts';
import type { RequestHead } from './exchange.ts';
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
  readonly head: RequestHead;
  readonly pattern: string;
  /** Null where the route names no file, or by no ID that a file could have: that may be anything. */
  readonly fileId: string | null;
  readonly kind: RequestKind;
}) => Account;

/** Subjects of tokens are as long as their issuer likes. */
const mostCallerCharacters = 200;

export function createAccounts(options: {
  readonly logger: Logger;
  readonly observer: RequestObserver;
  readonly addressOf: ReadClientAddress;
}): OpenAccount {
  const { logger, observer, addressOf } = options;
  return ({ requestId, head, pattern, fileId, kind }) => {
    const { method } = head;
    const startedAt = performance.now();
    const address = addressOf(head);
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
            ...(fileId === null ? {} : { fileId }),
            status,
            ...(code === null ? {} : { code }),
            ...(caller === null
              ? {}
              : { caller: caller.id.slice(0, mostCallerCharacters), role: caller.role }),
            ...(address === null ? {} : { address }),
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
