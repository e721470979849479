/** From the start of a server to its end: signals end it in order, and what stops it is told in words. */

/** The server can't run. The message is for people, and says what helps. */
export class ExampleError extends Error {
  override readonly name = 'ExampleError';
}

/**
 * Runs `main` until it returns. `stopped` resolves with the first SIGINT or SIGTERM, for `main` to end what it began; a
 * second one ends the process at once. `signal` is the same, for what can be broken off while `main` is still beginning.
 */
export async function runServer(
  main: (stopped: Promise<void>, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  let signals = 0;
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        signals += 1;
        if (signals > 1) process.exit(1);
        stopping.abort();
        resolve();
      });
    }
  });
  try {
    await main(stopped, signal);
  } catch (error) {
    if (signal.aborted && error instanceof Error && error.name === 'AbortError') process.exit(0);
    const isForPeople =
      error instanceof Error && /^(?:Example|EmbeddedMongod|StoreRefused)Error$/.test(error.name);
    process.stderr.write(`${isForPeople ? error.message : describe(error)}\n`);
    process.exit(1);
  }
  // What still lingers, such as a connection that a browser keeps open, is not waited for.
  process.exit(0);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
