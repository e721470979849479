/** The recipes of docs/clients.md for Apollo Client. What stands between the region marks stands there word for word. */

// #region apollo/client
import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';

export function createApollo(url: string): ApolloClient {
  return new ApolloClient({
    link: new UploadHttpLink({
      uri: `${url}/graphql`,
      // Multipart requests need it: it proves that no foreign page's form sends them.
      headers: { 'apollo-require-preflight': 'true' },
    }),
    cache: new InMemoryCache({
      typePolicies: {
        // Lists that differ in these arguments are lists of their own; the rest is paging.
        Query: { fields: { files: relayStylePagination(['filter', 'orderBy']) } },
        File: { fields: { attachments: relayStylePagination() } },
        Document: { fields: { attachments: relayStylePagination(['field']) } },
      },
    }),
  });
}
// #endregion

// #region apollo/list
// relayStylePagination merges `edges`: pages that ask for `nodes` alone would replace each other.
export const filesQuery = gql`
  query Files($first: Int!, $after: String) {
    files(first: $first, after: $after) {
      edges { cursor node { id filename contentType size url refCount } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

export async function showNextPage(apollo: ApolloClient): Promise<void> {
  const shown = apollo.readQuery<FilesData>({ query: filesQuery, variables: { first: 20 } });
  await apollo.query<FilesData>({
    query: filesQuery,
    variables: { first: 20, after: shown?.files.pageInfo.endCursor },
    fetchPolicy: 'network-only',
  });
}

// #endregion

// #region apollo/upload-with-progress
import { uploadTo } from 'gridhold/client';

const generateUploadUrl = gql`
  mutation GenerateUploadUrl { generateUploadUrl { id url } }
`;
const fileQuery = gql`
  query File($id: ID!) { file(id: $id) { id filename contentType size url refCount } }
`;

export async function uploadWithProgress(
  apollo: ApolloClient,
  file: File,
  onProgress: (fraction: number) => void,
): Promise<string> {
  const newUrl = async () => {
    const { data } = await apollo.mutate<UploadUrlData>({ mutation: generateUploadUrl });
    if (!data) throw new Error('There is no upload URL');
    return data.generateUploadUrl.url;
  };
  const { storageId } = await uploadTo(newUrl, file, {
    onProgress: ({ loaded, total }) => onProgress(total ? loaded / total : 1),
  });
  // The cache has not seen the upload: ask for the file, and put it first in the list.
  await apollo.query({ query: fileQuery, variables: { id: storageId } });
  showFirst(apollo, storageId);
  return storageId;
}

// #endregion

// #region apollo/show-first
import type { ApolloCache, Reference } from '@apollo/client';

type Client = { readonly cache: ApolloCache };

export function showFirst({ cache }: Client, id: string): void {
  cache.modify<{ files: { edges: readonly { cursor: string; node: Reference }[] } }>({
    fields: {
      files(list, { toReference, readField, storeFieldName }) {
        const node = toReference({ __typename: 'File', id });
        // A filtered list need not have it.
        if (!node || storeFieldName.includes('filter') || !('edges' in list)) return list;
        const others = list.edges.filter((edge) => readField('id', edge.node) !== id);
        return { ...list, edges: [{ __typename: 'FileEdge', cursor: '', node }, ...others] };
      },
    },
  });
}
// #endregion

// #region apollo/upload-through-graphql
const uploadFile = gql`
  mutation UploadFile($file: Upload!) {
    uploadFile(file: $file) { id filename contentType size url refCount }
  }
`;

export async function uploadThroughGraphql(apollo: ApolloClient, file: File): Promise<string> {
  const { data } = await apollo.mutate<{ uploadFile: { id: string } }>({
    mutation: uploadFile,
    variables: { file },
    update: (cache, { data }) => data && showFirst({ cache }, data.uploadFile.id),
  });
  if (!data) throw new Error('There is no file');
  return data.uploadFile.id;
}
// #endregion

// #region apollo/attach
// The answer has the file's ID and its new count, so every list that shows it is up to date.
const attachFile = gql`
  mutation AttachFile($fileId: ID!, $document: DocumentInput!) {
    attachFile(fileId: $fileId, document: $document) { id file { id refCount } }
  }
`;

export async function attach(apollo: ApolloClient, fileId: string, messageId: string): Promise<void> {
  const document = { collection: 'messages', documentId: messageId };
  await apollo.mutate({ mutation: attachFile, variables: { fileId, document } });
}
// #endregion

// #region apollo/delete
const deleteFile = gql`
  mutation DeleteFile($id: ID!) { deleteFile(id: $id) { fileId deleted } }
`;

export async function deleteAndForget(apollo: ApolloClient, id: string): Promise<void> {
  await apollo.mutate({
    mutation: deleteFile,
    variables: { id },
    update(cache) {
      // Lists leave out what is no more in the cache.
      const cached = cache.identify({ __typename: 'File', id });
      if (cached) cache.evict({ id: cached });
      cache.gc();
    },
  });
}
// #endregion

interface FilesData {
  readonly files: {
    readonly edges: readonly { readonly node: { readonly id: string; readonly refCount: number } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}
interface UploadUrlData {
  readonly generateUploadUrl: { readonly id: string; readonly url: string };
}
