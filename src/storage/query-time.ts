/** How long MongoDB may work on one command of a list, a filter or a count: by those, clients can make it read a lot. */

/** Then it stops, and the client gets QUERY_TIMEOUT. Totals of everything are shared, and have a bound of their own. */
export const mostQueryTimeMs = 5_000;

/** The same for commands one after another. Called again, it gives what is left, and at least what stops a command. */
export function queryTime(): () => { readonly maxTimeMS: number } {
  const startedAt = performance.now();
  return () => ({ maxTimeMS: Math.max(1, Math.ceil(startedAt + mostQueryTimeMs - performance.now())) });
}
