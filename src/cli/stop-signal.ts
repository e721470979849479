/** SIGINT and SIGTERM: the first one asks for an orderly end, a second one ends the process at once. */
import { exitCodes } from './exit-codes.ts';

export interface StopSignal {
  readonly signal: AbortSignal;
  readonly asked: Promise<NodeJS.Signals>;
}

/** What is said of each signal before it does what it does. */
interface Announcing {
  readonly onFirst?: () => void;
  readonly onSecond?: () => void;
}

export function stopSignal({ onFirst, onSecond }: Announcing = {}): StopSignal {
  const controller = new AbortController();
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (controller.signal.aborted) {
          onSecond?.();
          process.exit(exitCodes.couldNotRun);
        }
        onFirst?.();
        controller.abort(new Error(`stopped by ${name}`));
        resolve(name);
      });
    }
  });
  return { signal: controller.signal, asked };
}
