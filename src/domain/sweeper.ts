/** Sweeps again and again, one pass at a time, with a jitter so that instances do not march in step. */
import type { Settings } from '../config/settings.ts';
import type { Logger } from './logger.ts';
import type { UseCases } from './use-cases.ts';

export interface Sweeper {
  /** Resolves when no pass is under way any more. */
  stop(): Promise<void>;
}

const jitter = 0.2;

export function createSweeper(
  useCases: Pick<UseCases, 'sweep'>,
  intervalMs: Settings['sweepIntervalMs'],
  log: Logger,
): Sweeper {
  if (intervalMs === 'off') return { stop: () => Promise.resolve() };
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  let pass: Promise<void> = Promise.resolve();

  const schedule = (afterMs: number): void => {
    if (stopping.signal.aborted) return;
    const waitMs = afterMs * (1 - jitter * Math.random());
    timer = setTimeout(() => {
      pass = run();
    }, waitMs);
    timer.unref();
  };
  const run = async (): Promise<void> => {
    let isMoreDue = false;
    try {
      const report = await useCases.sweep({ signal: stopping.signal });
      isMoreDue = report.more && report.files.length + report.leases + report.uploadUrls > 0;
    } catch (error) {
      log.warn(
        { event: 'sweep-failed', reason: String(error) },
        'the sweep failed; the next one tries again',
      );
    }
    schedule(isMoreDue ? 0 : intervalMs);
  };

  schedule(intervalMs);
  return {
    async stop() {
      stopping.abort();
      if (timer) clearTimeout(timer);
      await pass;
    },
  };
}
