/** The use cases, bound to their context: the one object that edges, library and command are given. */
import { serverNow } from '../storage/store.ts';
import { translateError } from '../storage/translate-error.ts';
import { ownersWithin } from './access.ts';
import { attachFile } from './attach-file.ts';
import { attachmentPages, attachmentsByIds, countAttachments } from './attachment-pages.ts';
import { checkDocumentName } from './check-input.ts';
import type { DomainContext } from './context.ts';
import { deleteFile } from './delete-file.ts';
import { detachDocument } from './detach-document.ts';
import { detachFile } from './detach-file.ts';
import { generateUploadUrl } from './generate-upload-url.ts';
import { documentNodeId, isFileId, isUploadUrlId, parseAttachmentId, parseDocumentNodeId } from './ids.ts';
import { countDocuments, documentByName, listDocuments } from './list-documents.ts';
import { countFiles, listFiles } from './list-files.ts';
import type { DocumentName } from './model.ts';
import { readBytes } from './read-bytes.ts';
import { createSharedLookup, filesByIds } from './read-files.ts';
import { receiveUpload, uploadUrlByToken } from './receive-upload.ts';
import { revokeFileUrls } from './revoke-file-urls.ts';
import { sendFile } from './send-file.ts';
import { permitServing } from './serve-permit.ts';
import { setDocumentFiles } from './set-document-files.ts';
import { createStorageTotals } from './storage-totals.ts';
import { stageFile, storeFile, storeStaged } from './store-file.ts';
import { storeFileFromUrl } from './store-file-from-url.ts';
import { sweep } from './sweep.ts';
import { updateFile } from './update-file.ts';
import { uploadUrlsByIds } from './upload-url-view.ts';
import { fileAddress } from './urls.ts';
import type { InTransaction, NodeName, UseCases } from './use-cases.ts';
import type { Finding, VerifyOptions } from './verify/contract.ts';
import { verify } from './verify/verify.ts';

export function createUseCases(context: DomainContext): UseCases {
  const lookUp = createSharedLookup(context);
  const storageTotals = createStorageTotals(context);
  return {
    authenticate: (authorization) => translated(() => context.authenticate(authorization)),

    generateUploadUrl: (input, caller) => translated(() => generateUploadUrl(context, input, caller)),
    receiveUpload: (token, open) => translated(() => receiveUpload(context, token, open)),
    uploadUrlByToken: (token) => translated(() => uploadUrlByToken(context, token)),
    storeFile: (incoming, input, caller) => translated(() => storeFile(context, incoming, input, caller)),
    checkMayStore: (caller) => void ownersWithin(caller, 'store'),
    stageFile: (incoming, caller) => stageFile(context, incoming, caller),
    storeStaged: (staged, input, caller) => translated(() => storeStaged(context, staged, input, caller)),
    storeFileFromUrl: (url, input, caller, signal) =>
      translated(() => storeFileFromUrl(context, url, input, caller, signal)),

    filesByIds: (ids, caller) => translated(() => filesByIds(context, ids, caller)),
    fileToServe: (id, request) =>
      translated(async () => await permitServing(context, await lookUp(id), request)),
    fileAddress: (file, caller, options) => fileAddress(context, file, caller, options),
    readBytes: (file, range, signal) => readBytes(context, file, range, signal),
    sendFile: (id, to, caller, signal) => translated(() => sendFile(context, id, to, caller, signal)),
    listFiles: (args, filter, order, caller) =>
      translated(() => listFiles(context, args, filter, order, caller)),
    countFiles: (filter, caller) => translated(() => countFiles(context, filter, caller)),
    attachmentPages: (holders, args, caller) =>
      translated(() => attachmentPages(context, holders, args, caller)),
    countAttachments: (holders, caller) => translated(() => countAttachments(context, holders, caller)),
    attachmentsByIds: (ids, caller) => translated(() => attachmentsByIds(context, ids, caller)),
    listDocuments: (collection, args, caller) =>
      translated(() => listDocuments(context, collection, args, caller)),
    countDocuments: (collection, caller) => translated(() => countDocuments(context, collection, caller)),
    uploadUrlsByIds: (ids, caller) => translated(() => uploadUrlsByIds(context, ids, caller)),
    storageTotals: (caller) => translated(() => storageTotals(caller)),
    parseNodeId,
    documentNodeId,
    documentByName,

    attachFile: (input, caller, options) =>
      joined(options, () => attachFile(context, input, caller, options)),
    detachFile: (input, caller, options) =>
      joined(options, () => detachFile(context, input, caller, options)),
    setDocumentFiles: (input, caller, options) =>
      joined(options, () => setDocumentFiles(context, input, caller, options)),
    detachDocument: (input, caller, options) =>
      joined(options, () => detachDocument(context, input, caller, options)),
    updateFile: (id, input, caller) => translated(() => updateFile(context, id, input, caller)),
    revokeFileUrls: (id, caller) => translated(() => revokeFileUrls(context, id, caller)),
    deleteFile: (input, caller, options) =>
      joined(options, () => deleteFile(context, input, caller, options)),

    sweep: (options) => translated(() => sweep(context, options)),
    verify: (options) => verifyTranslated(context, options),
    ready: () =>
      translated(async () => {
        await serverNow(context.store);
      }),
  };
}

function parseNodeId(id: string): NodeName | null {
  if (isFileId(id)) return { type: 'File', id };
  if (isUploadUrlId(id)) return { type: 'UploadUrl', id };
  if (parseAttachmentId(id)) return { type: 'Attachment', id };
  const document = parseDocumentName(id);
  return document ? { type: 'Document', id, document } : null;
}

/** An ID may be made by hand, of names that no document can have. */
function parseDocumentName(id: string): DocumentName | null {
  const document = parseDocumentNodeId(id);
  try {
    return document && checkDocumentName(document);
  } catch {
    return null;
  }
}

/** MongoDB's failures in the words of our table. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateError(error);
  }
}

async function* verifyTranslated(
  context: DomainContext,
  options: VerifyOptions | undefined,
): AsyncGenerator<Finding, void, void> {
  try {
    yield* verify(context, options);
  } catch (error) {
    throw translateError(error);
  }
}

/** In a caller's transaction MongoDB's errors go to the caller as they are: its retry needs their labels. */
async function joined<T>(options: InTransaction | undefined, work: () => Promise<T>): Promise<T> {
  return options?.session ? await work() : await translated(work);
}
