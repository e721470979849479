/** Puts the client together: GraphQL for what is known of files, upload URLs for their bytes. */
import { createGraphqlRequest, type Headers, repeatingQueriesOnly } from './graphql-request.ts';
import type { Attachment, GridholdClient, GridholdFile, UploadUrl } from './gridhold-client.ts';
import { listFiles } from './list-files.ts';
import * as operations from './operations.ts';
import { uploadMany } from './upload-many.ts';
import { uploadTo } from './upload-to.ts';
import { createUrlBatches } from './url-batches.ts';

export interface GridholdClientOptions {
  /** Gridhold's public URL, such as `https://files.example` or `/files-api`; not that of its `/graphql`. */
  readonly url: string | URL;
  /** For GraphQL, such as `authorization`; a function is asked before each request. They never go to upload URLs. */
  readonly headers?: Headers | (() => Headers | Promise<Headers>) | undefined;
  /** Repeats of each request after failures that pass, with backoff. Default: 5. */
  readonly retries?: number | undefined;
}

const defaultField = 'file';

/**
 * @throws TypeError where `url` is that of GraphQL
 * @example
 * const gridhold = createGridholdClient({ url: 'https://files.example', headers: { authorization } });
 * const { storageId } = await gridhold.upload(file, { onProgress: ({ loaded, total }) => show(loaded, total) });
 */
export function createGridholdClient(options: GridholdClientOptions): GridholdClient {
  const { url, headers = {}, retries } = options;
  const publicUrl = String(url).replace(/\/+$/, '');
  if (publicUrl.endsWith('/graphql'))
    throw new TypeError("url: must be Gridhold's public URL, without /graphql");
  const request = createGraphqlRequest({
    url: `${publicUrl}/graphql`,
    headers: typeof headers === 'function' ? headers : () => headers,
    retries,
  });
  const client: GridholdClient = {
    async upload(file, uploadOptions = {}) {
      const { contentTypes, maxSize, sha256, visibility, metadata, keep, owner, attachTo, ...sending } =
        uploadOptions;
      // The name goes with the bytes.
      const { signal } = sending;
      const asking = { signal, retries: sending.retries ?? retries };
      const input = { contentTypes, maxSize, sha256, visibility, metadata, keep, owner, attachTo };
      const newUrl = async (): Promise<string> => (await client.generateUploadUrl(input, asking)).url;
      return await uploadTo(newUrl, file, { ...sending, retries: asking.retries });
    },
    uploadMany: (files, manyOptions) => uploadMany(client.upload, files, manyOptions),
    async generateUploadUrl(input, requestOptions) {
      const data = await request<{ generateUploadUrl: UploadUrl }>(
        operations.generateUploadUrl,
        { input },
        requestOptions,
      );
      return data.generateUploadUrl;
    },
    url: createUrlBatches(request),
    async file(id, requestOptions) {
      return (await request<{ file: GridholdFile | null }>(operations.fileById, { id }, requestOptions)).file;
    },
    files: (listOptions) => listFiles(request, listOptions),
    async attach({ fileId, document, field = defaultField, replace = false }, requestOptions) {
      const data = await request<{ attachFile: Attachment }>(
        operations.attachFile,
        { fileId, document, field, replace },
        requestOptions,
      );
      return data.attachFile;
    },
    async detach({ fileId, document, field = defaultField }, requestOptions) {
      const data = await request<{ detachFile: Awaited<ReturnType<GridholdClient['detach']>> }>(
        operations.detachFile,
        { fileId, document, field },
        requestOptions,
      );
      return data.detachFile;
    },
    async setDocumentFiles({ document, field = defaultField, fileIds }, requestOptions) {
      const data = await request<{
        setDocumentFiles: Awaited<ReturnType<GridholdClient['setDocumentFiles']>>;
      }>(operations.setDocumentFiles, { document, field, fileIds }, requestOptions);
      return data.setDocumentFiles;
    },
    async detachDocument({ document }, requestOptions) {
      const data = await request<{
        detachDocument: Awaited<ReturnType<GridholdClient['detachDocument']>>;
      }>(operations.detachDocument, { document }, requestOptions);
      return data.detachDocument;
    },
    async delete({ id, force = false }, requestOptions) {
      const data = await request<{ deleteFile: Awaited<ReturnType<GridholdClient['delete']>> }>(
        operations.deleteFile,
        { id, force },
        requestOptions,
      );
      return data.deleteFile;
    },
    request: repeatingQueriesOnly(request),
  };
  return client;
}
