/** All files as an async iterator: one page is asked for when the one before is used up, so a loop may stop any time. */
import type { GraphqlRequest } from './graphql-request.ts';
import type { GridholdFile, ListOptions } from './gridhold-client.ts';
import { fileFields } from './operations.ts';

const defaultPageSize = 50;

const filesQuery = `query Files($first: Int, $after: String, $filter: FileFilter, $orderBy: FileOrder) {
  files(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes { ${fileFields} }
    pageInfo { hasNextPage endCursor }
  }
}`;

export interface FilePage {
  readonly nodes: readonly GridholdFile[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export async function* listFiles(
  request: GraphqlRequest,
  options: ListOptions = {},
): AsyncGenerator<GridholdFile, void, undefined> {
  for (let after: string | null = null; ; ) {
    const page: FilePage = await requestFilePage(request, after, options);
    yield* page.nodes;
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    if (after === null) return;
  }
}

/** @param after the `endCursor` of the page before, or null for the first */
export async function requestFilePage(
  request: GraphqlRequest,
  after: string | null,
  { filter, orderBy, pageSize: first = defaultPageSize, ...options }: ListOptions,
): Promise<FilePage> {
  const variables = { first, after, filter, orderBy };
  return (await request<{ files: FilePage }>(filesQuery, variables, options)).files;
}
