/** The recipes of docs/clients.md for urql. What stands between the region marks stands there word for word. */

// #region urql/client
import { Client, cacheExchange, fetchExchange, gql } from 'urql';

export function createUrql(url: string): Client {
  return new Client({
    url: `${url}/graphql`,
    exchanges: [cacheExchange, fetchExchange],
    preferGetMethod: 'within-url-limit',
    // Multipart requests need it: it proves that no foreign page's form sends them.
    fetchOptions: { headers: { 'apollo-require-preflight': 'true' } },
  });
}
// #endregion

// #region urql/list
export const filesQuery = gql`
  query Files($first: Int!, $after: String) {
    files(first: $first, after: $after) {
      nodes { id filename contentType size url refCount }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

// urql asks anew for a query when a mutation answers with a type that the query's answer has. An empty list has none:
// say which it would have.
export const filesContext = { additionalTypenames: ['File'] };

interface Page {
  readonly after: string | null;
  ids: readonly string[];
  /** Null on the last page there is. */
  end: string | null;
  stop: () => void;
}

export function watchFiles(urql: Client, show: (ids: readonly string[]) => void) {
  const pages: Page[] = [];
  let wanted = 1;
  // Each page is a query that begins where the page before it ends, also when a mutation has changed where that is.
  const watchPage = (place: number, after: string | null): void => {
    if (pages[place]?.after === after) return;
    leavePages(place);
    const page: Page = { after, ids: [], end: null, stop: () => undefined };
    pages.push(page);
    const source = urql.query<FilesData>(filesQuery, { first: 20, after }, filesContext);
    page.stop = source.subscribe(({ data }) => {
      if (!data) return;
      const { nodes, pageInfo } = data.files;
      page.ids = nodes.map(({ id }) => id);
      page.end = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      if (page.end !== null && place + 1 < wanted) watchPage(place + 1, page.end);
      else leavePages(place + 1);
      show(pages.flatMap(({ ids }) => ids));
    }).unsubscribe;
  };
  const leavePages = (from: number): void => {
    for (const { stop } of pages.splice(from)) stop();
  };
  watchPage(0, null);
  return {
    showNextPage(): void {
      const end = pages.at(-1)?.end ?? null;
      if (end === null) return;
      wanted = pages.length + 1;
      watchPage(pages.length, end);
    },
    stop: (): void => leavePages(0),
  };
}

// #endregion

// #region urql/upload-with-progress
import { uploadTo } from 'gridhold/client';

const generateUploadUrl = gql`
  mutation GenerateUploadUrl { generateUploadUrl { id url } }
`;
const attachFile = gql`
  mutation AttachFile($fileId: ID!, $document: DocumentInput!) {
    attachFile(fileId: $fileId, document: $document) { id file { id refCount } }
  }
`;

export async function sendImage(
  urql: Client,
  file: File,
  messageId: string,
  onProgress: (fraction: number) => void,
): Promise<string> {
  const newUrl = async () => {
    const { data, error } = await urql.mutation<UploadUrlData>(generateUploadUrl, {}).toPromise();
    if (!data) throw error ?? new Error('There is no upload URL');
    return data.generateUploadUrl.url;
  };
  const { storageId } = await uploadTo(newUrl, file, {
    onProgress: ({ loaded, total }) => onProgress(total ? loaded / total : 1),
  });
  // The answer has a File in it: every query of files is asked anew.
  const document = { collection: 'messages', documentId: messageId };
  const { error } = await urql.mutation(attachFile, { fileId: storageId, document }).toPromise();
  if (error) throw error;
  return storageId;
}
// #endregion

// #region urql/upload-through-graphql
const uploadFile = gql`
  mutation UploadFile($file: Upload!) {
    uploadFile(file: $file) { id filename contentType size url refCount }
  }
`;

export async function uploadThroughGraphql(urql: Client, file: File): Promise<string> {
  // urql sends a File among the variables as multipart by itself.
  const { data, error } = await urql.mutation<UploadData>(uploadFile, { file }).toPromise();
  if (!data) throw error ?? new Error('There is no file');
  return data.uploadFile.id;
}
// #endregion

// #region urql/delete
const deleteFile = gql`
  mutation DeleteFile($id: ID!) { deleteFile(id: $id) { fileId deleted } }
`;

export async function deleteAndForget(urql: Client, id: string): Promise<void> {
  // The answer names the ID only, no File: say what it changes.
  const { error } = await urql.mutation(deleteFile, { id }, filesContext).toPromise();
  if (error) throw error;
}
// #endregion

interface FilesData {
  readonly files: {
    readonly nodes: readonly { readonly id: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}
interface UploadUrlData {
  readonly generateUploadUrl: { readonly id: string; readonly url: string };
}
interface UploadData {
  readonly uploadFile: { readonly id: string };
}
