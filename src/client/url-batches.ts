/** The URLs that are asked for in one moment, such as by a list of images, cost one request. */
import { unlessAborted } from './abort.ts';
import type { GraphqlRequest } from './graphql-request.ts';
import type { UrlOptions } from './gridhold-client.ts';

/** What `filesByIds` takes at most (schema.graphql). */
const mostIds = 100;

const urlsQuery = `query Urls($ids: [ID!]!, $download: Boolean!, $expiresIn: Int) {
  filesByIds(ids: $ids) { id url(download: $download, expiresIn: $expiresIn) }
}`;

interface Urls {
  readonly filesByIds: readonly ({ readonly url: string } | null)[];
}

/** What is asked for in one moment with the same options. */
interface Batch {
  readonly urls: Map<string, Promise<string | null>>;
  /** Its requests, of `mostIds` each. */
  readonly pages: Promise<readonly Promise<Urls>[]>;
}

export function createUrlBatches(
  request: GraphqlRequest,
): (id: string, options?: UrlOptions) => Promise<string | null> {
  const open = new Map<string, Batch>();
  const openBatch = (key: string, variables: object): Batch => {
    const urls: Batch['urls'] = new Map();
    const pages = new Promise<void>((later) => setTimeout(later, 0)).then(() => {
      open.delete(key);
      const ids = [...urls.keys()];
      return Array.from({ length: Math.ceil(ids.length / mostIds) }, (_, page) =>
        request<Urls>(urlsQuery, { ...variables, ids: ids.slice(page * mostIds, (page + 1) * mostIds) }),
      );
    });
    const batch = { urls, pages };
    open.set(key, batch);
    return batch;
  };
  return async (id, { download = false, expiresIn, signal } = {}) => {
    const key = `${download} ${expiresIn}`;
    const { urls, pages } = open.get(key) ?? openBatch(key, { download, expiresIn });
    const index = urls.size;
    const urlOf = async (): Promise<string | null> => {
      const page = await (await pages)[Math.floor(index / mostIds)];
      return page?.filesByIds[index % mostIds]?.url ?? null;
    };
    const url = urls.get(id) ?? urlOf();
    urls.set(id, url);
    return await unlessAborted(signal, url);
  };
}
