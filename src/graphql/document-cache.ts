/** Parsed queries, kept within a bound. What a query may cost is query-limits.ts. */
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Characters of all queries kept: parsed, a character may take hundreds of bytes. */
const mostCharacters = 200_000;

/** Yoga keeps parsed queries by their text, by number only. Clients choose the text, so it is bounded by size here. */
export function boundedParseCache() {
  const documents = new LRUCache<string, DocumentNode>({
    max: 500,
    maxSize: mostCharacters,
    maxEntrySize: mostCharacters / 10,
    sizeCalculation: (_document, query) => Math.max(1, query.length),
  });
  return {
    documentCache: {
      get: (query: string) => documents.get(query),
      set: (query: string, document: DocumentNode) => void documents.set(query, document),
    },
    errorCache: { get: () => undefined, set: () => undefined },
  };
}
