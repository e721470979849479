/** The chat's messages, asked for anew a second after each answer. */
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
  const [result, execute] = useQuery({
    query: messagesQuery,
    variables: noVariables,
    requestPolicy: 'network-only',
  });
  const refresh = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  // Not by an interval: asking anew breaks off what is still being asked, and a slow answer would never come.
  useEffect(() => {
    if (result.fetching) return;
    const timer = setTimeout(refresh, pollIntervalMs);
    return () => clearTimeout(timer);
  }, [result, refresh]);

  const { data, error } = result;
  const [latest, setLatest] = useState(data);
  if (data && data !== latest) setLatest(data);
  return { messages: (data ?? latest)?.messages ?? null, error: error ?? null, refresh };
}
