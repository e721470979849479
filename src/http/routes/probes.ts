/** `/health`: whether the process lives. `/ready`: whether requests should be sent to it. */
import pTimeout from 'p-timeout';
import type { UseCases } from '../../domain/use-cases.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';
import { jsonAnswer, type RouteHandler } from '../exchange.ts';

/** Whoever asks for readiness wants to know it now. */
const readyTimeoutMs = 5_000;

export const showHealth: RouteHandler = async () => jsonAnswer(200, { status: 'ok' });

export function createReadyRoute(useCases: Pick<UseCases, 'ready'>, isDraining: () => boolean): RouteHandler {
  return async () => {
    if (isDraining()) throw new GridholdError('STORAGE_UNAVAILABLE', 'This instance is shutting down');
    await pTimeout(useCases.ready(), {
      milliseconds: readyTimeoutMs,
      fallback: () => {
        throw new GridholdError('STORAGE_UNAVAILABLE', 'MongoDB does not answer');
      },
    });
    return jsonAnswer(200, { status: 'ready' });
  };
}
