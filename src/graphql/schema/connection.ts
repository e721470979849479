/** What all connections share: how a page of the domain becomes Relay's, and what a page may cost. */
import type { Page, PageArguments } from '../../domain/model.ts';
import { defaultPageItems, mostPageItems } from '../../domain/paging.ts';

/** A page as the connection types take it; `of` is what it is a page of, for the count. */
export interface Connection<Item, Source> {
  readonly edges: { cursor: string; node: Item }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly of: Source;
}

export function connection<Item, Source>(page: Page<Item>, of: Source): Connection<Item, Source> {
  const { hasNextPage, hasPreviousPage } = page;
  const edges = page.edges.map(({ cursor, node }) => ({ cursor, node }));
  return {
    edges,
    pageInfo: {
      hasNextPage,
      hasPreviousPage,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    of,
  };
}

/**
 * What may read every file, by a filter without an index or to count them: a query has room for a dozen. It stands on
 * the connection and not on its count, which would be multiplied by the size of the page.
 */
export const scanComplexity = 15_000;

export const countDescription =
  'How many there are on all pages together. Counted only where it is asked for.';

/** The domain refuses sizes out of range; here they only must not make a query look cheap. */
export function pageComplexity({ first, last }: PageArguments): { field: number; multiplier: number } {
  const size = first ?? last ?? defaultPageItems;
  return { field: 20, multiplier: Math.min(Math.max(size, 0), mostPageItems) };
}
