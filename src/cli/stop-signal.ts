/** SIGINT and SIGTERM: the first one asks for an orderly end, a second one ends the process at once. */
import { exitCodes } from './exit-codes.ts';

export interface StopSignal {
  readonly signal: AbortSignal;
  readonly asked: Promise<NodeJS.Signals>;
}

export function stopSignal(): StopSignal {
  const controller = new AbortController();
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(exitCodes.couldNotRun);
        controller.abort(new Error(`stopped by ${name}`));
        resolve(name);
      });
    }
  });
  return { signal: controller.signal, asked };
}
