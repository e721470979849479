/** The operations of the contract that the client speaks. */

export const fileFields =
  'id filename contentType size sha256 uploadedAt visibility owner metadata keep refCount expiresAt url';

const document = 'document { collection documentId }';

export const generateUploadUrl = `mutation GenerateUploadUrl($input: GenerateUploadUrlInput) {
  generateUploadUrl(input: $input) { id url expiresAt }
}`;

export const fileById = `query File($id: ID!) { file(id: $id) { ${fileFields} } }`;

export const attachFile = `mutation AttachFile($fileId: ID!, $document: DocumentInput!, $field: String!, $replace: Boolean!) {
  attachFile(fileId: $fileId, document: $document, field: $field, replace: $replace) {
    id file { ${fileFields} } ${document} field attachedAt
  }
}`;

export const detachFile = `mutation DetachFile($fileId: ID!, $document: DocumentInput!, $field: String!) {
  detachFile(fileId: $fileId, document: $document, field: $field) { detached file { ${fileFields} } }
}`;

export const setDocumentFiles = `mutation SetDocumentFiles($document: DocumentInput!, $field: String!, $fileIds: [ID!]!) {
  setDocumentFiles(document: $document, field: $field, fileIds: $fileIds) { collection documentId }
}`;

export const detachDocument = `mutation DetachDocument($document: DocumentInput!) {
  detachDocument(document: $document) { detached fileIds }
}`;

export const deleteFile = `mutation DeleteFile($id: ID!, $force: Boolean!) {
  deleteFile(id: $id, force: $force) { fileId deleted }
}`;
