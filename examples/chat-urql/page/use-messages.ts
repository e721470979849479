/** The chat's messages, asked for anew every second. */
import { useCallback, useEffect, useState } from 'react';
import { type CombinedError, useQuery } from 'urql';
import { type Message, messagesQuery } from './operations.ts';

const pollIntervalMs = 1_000;
// Of the page's own making: the hook compares them by identity.
const noVariables = {};

export interface UseMessages {
  /** Null while they are loaded for the first time. While the server can't be reached, the last ones stay. */
  readonly messages: readonly Message[] | null;
  readonly error: CombinedError | null;
  refresh(): void;
}

export function useMessages(): UseMessages {
  const [{ data, error }, execute] = useQuery({
    query: messagesQuery,
    variables: noVariables,
    requestPolicy: 'network-only',
  });
  const refresh = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  useEffect(() => {
    const timer = setInterval(refresh, pollIntervalMs);
    return () => clearInterval(timer);
  }, [refresh]);

  const [latest, setLatest] = useState(data);
  if (data && data !== latest) setLatest(data);
  return { messages: (data ?? latest)?.messages ?? null, error: error ?? null, refresh };
}
