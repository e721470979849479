/**
 * `gridhold/client`: for browsers, Node and React Native, with no dependency but the platform's. It stands apart from
 * the server and speaks only the contract.
 */
export {
  type ClientErrorCode,
  type ClientErrorDetails,
  type ContractErrorCode,
  GridholdClientError,
} from './client-error.ts';
export { createGridholdClient, type GridholdClientOptions } from './create-client.ts';
export type { FileSource, NativeFile } from './file-source.ts';
export type {
  Attachment,
  AttachTo,
  DocumentName,
  FileFilter,
  FileOrder,
  GridholdClient,
  GridholdFile,
  ListOptions,
  RequestOptions,
  StoreInput,
  StoreOptions,
  UploadManyOptions,
  UploadManyProgress,
  UploadUrl,
  UploadUrlInput,
  UrlOptions,
  Visibility,
} from './gridhold-client.ts';
export {
  type UploadedFile,
  type UploadOptions,
  type UploadProgress,
  type UploadTarget,
  uploadTo,
} from './upload-to.ts';
