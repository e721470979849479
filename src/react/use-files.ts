/** A list of files that grows page by page. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { GridholdClient, GridholdFile, ListOptions } from '../client/index.ts';
import { requestFilePage } from '../client/list-files.ts';

export interface UseFiles {
  /** Those of the pages so far, in order. */
  readonly files: readonly GridholdFile[];
  readonly isLoading: boolean;
  readonly hasMore: boolean;
  readonly error: Error | null;
  /** Appends the next page; after an error it tries the same one again. Nothing happens while one is loading. */
  loadMore(): void;
  /** Begins anew with the first page. What is shown stays until that has come. */
  reload(): void;
}

interface State {
  readonly files: readonly GridholdFile[];
  readonly isLoading: boolean;
  readonly hasMore: boolean;
  readonly error: Error | null;
}

/** From one beginning of the list to the next. */
interface Listing {
  /** Counts the reloads: each begins a listing of its own. */
  readonly round: number;
  readonly controller: AbortController;
  after: string | null;
  isLoading: boolean;
}

const defaultPageSize = 20;
const beginning: State = { files: [], isLoading: true, hasMore: false, error: null };

/**
 * @param client the same at each render: made outside of the component, or by `useMemo`
 * @param options a change of any of them begins anew. Default of `pageSize`: 20
 * @example
 * const { files, hasMore, loadMore } = useFiles(gridhold, { filter: { contentType: 'image/*' } });
 */
export function useFiles(client: GridholdClient, options: Omit<ListOptions, 'signal'> = {}): UseFiles {
  const [state, setState] = useState(beginning);
  const [round, setRound] = useState(0);
  const listing = useRef<Listing | null>(null);
  // By content: callers write the options anew at each render.
  const optionsKey = JSON.stringify(options);

  const loadPage = useCallback(
    async (current: Listing): Promise<void> => {
      if (current.isLoading) return;
      current.isLoading = true;
      setState((last) => ({ ...last, isLoading: true, error: null }));
      try {
        const listOptions: ListOptions = { pageSize: defaultPageSize, ...JSON.parse(optionsKey) };
        const { nodes, pageInfo } = await requestFilePage(client.request, current.after, {
          ...listOptions,
          signal: current.controller.signal,
        });
        if (current.controller.signal.aborted) return;
        const isFirst = current.after === null;
        current.after = pageInfo.endCursor;
        setState((last) => ({
          files: isFirst ? nodes : [...last.files, ...nodes],
          isLoading: false,
          hasMore: pageInfo.hasNextPage,
          error: null,
        }));
      } catch (error) {
        if (current.controller.signal.aborted) return;
        const shown = error instanceof Error ? error : new Error(String(error));
        setState((last) => ({ ...last, isLoading: false, error: shown }));
      } finally {
        current.isLoading = false;
      }
    },
    [client, optionsKey],
  );

  useEffect(() => {
    const current: Listing = { round, controller: new AbortController(), after: null, isLoading: false };
    listing.current = current;
    void loadPage(current);
    return () => current.controller.abort();
  }, [loadPage, round]);

  const { hasMore, error } = state;
  const loadMore = useCallback(() => {
    if (listing.current && (hasMore || error)) void loadPage(listing.current);
  }, [loadPage, hasMore, error]);
  const reload = useCallback(() => setRound((last) => last + 1), []);
  return { ...state, loadMore, reload };
}
