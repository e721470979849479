/** `/health`: whether the process lives. `/ready`: whether requests should be sent to it. */
import type { UseCases } from '../../domain/use-cases.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';
import { jsonAnswer, type RouteHandler } from '../exchange.ts';

/** Whoever asks for readiness wants to know it now. */
const readyTimeoutMs = 5_000;

export const showHealth: RouteHandler = async () => jsonAnswer(200, { status: 'ok' });

export function createReadyRoute(useCases: Pick<UseCases, 'ready'>, isDraining: () => boolean): RouteHandler {
  return async () => {
    if (isDraining()) throw new GridholdError('STORAGE_UNAVAILABLE', 'This instance is shutting down');
    let timer: NodeJS.Timeout | undefined;
    const timeIsOver = new Promise<never>((_, reject) => {
      const late = new GridholdError('STORAGE_UNAVAILABLE', 'MongoDB does not answer');
      timer = setTimeout(() => reject(late), readyTimeoutMs);
    });
    try {
      await Promise.race([useCases.ready(), timeIsOver]);
    } finally {
      clearTimeout(timer);
    }
    return jsonAnswer(200, { status: 'ready' });
  };
}
