/** The URLs that are asked for in one moment, such as by a list of images, cost one request. */
import type { GraphqlRequest } from './graphql-request.ts';
import type { UrlOptions } from './gridhold-client.ts';

/** What `filesByIds` takes (contract, "What bad input gets"). */
const mostIds = 100;

const urlsQuery = `query Urls($ids: [ID!]!, $download: Boolean!, $expiresIn: Int) {
  filesByIds(ids: $ids) { id url(download: $download, expiresIn: $expiresIn) }
}`;

interface Urls {
  readonly filesByIds: readonly ({ readonly url: string } | null)[];
}

interface Batch {
  readonly variables: { readonly download: boolean; readonly expiresIn: number | null };
  readonly urls: Map<string, Promise<string | null>>;
  readonly result: Promise<Urls>;
}

export function createUrlBatches(
  request: GraphqlRequest,
): (id: string, options?: UrlOptions) => Promise<string | null> {
  const open = new Map<string, Batch>();
  const openBatch = (key: string, variables: Batch['variables']): Batch => {
    const urls: Batch['urls'] = new Map();
    const close = (): void => {
      if (open.get(key)?.urls === urls) open.delete(key);
    };
    const result = new Promise<void>((later) => setTimeout(later, 0)).then(() => {
      close();
      return request<Urls>(urlsQuery, { ...variables, ids: [...urls.keys()] });
    });
    const batch = { variables, urls, result };
    open.set(key, batch);
    return batch;
  };
  return async (id, { download = false, expiresIn } = {}) => {
    const key = `${download} ${expiresIn}`;
    let batch = open.get(key);
    if (!batch || (batch.urls.size >= mostIds && !batch.urls.has(id))) {
      batch = openBatch(key, { download, expiresIn: expiresIn ?? null });
    }
    const known = batch.urls.get(id);
    if (known) return await known;
    const index = batch.urls.size;
    const url = batch.result.then(({ filesByIds }) => filesByIds[index]?.url ?? null);
    batch.urls.set(id, url);
    return await url;
  };
}
