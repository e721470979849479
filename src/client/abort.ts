/** Aborting by a signal, also on platforms whose AbortSignal has nothing but `aborted` (React Native). */

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

export function abortReason(signal: AbortSignal): unknown {
  if (signal.reason !== undefined) return signal.reason;
  const error = new Error('The request was aborted');
  error.name = 'AbortError';
  return error;
}

/** Calls back once when the signal ends it, at once if it has. The result stops listening. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (!signal) return () => undefined;
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/** Waits for what can't be ended itself, but no longer than the signal lets. */
export async function unlessAborted<T>(signal: AbortSignal | undefined, result: Promise<T>): Promise<T> {
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => reject(signal && abortReason(signal)));
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    stopListening();
  }
}
