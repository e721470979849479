/**
 * The tabs that GraphiQL opens with: a file's whole life in five steps, each to be run as it stands once the ID of the
 * step before is pasted in. The name of an operation is the title of its tab.
 */
export interface Tab {
  readonly query: string;
  readonly variables: string;
}

/** One word each: a double click selects it. */
const pasteFile = 'PASTE_THE_ID_OF_THE_FILE';
const pasteUploadUrl = 'PASTE_THE_ID_OF_STEP_1';

function tab(query: string, variables: object = {}): Tab {
  return { query: `${query.trim()}\n`, variables: JSON.stringify(variables, null, 2) };
}

/** Lines of at most 50 characters are read without scrolling. */
export const firstSteps: readonly Tab[] = [
  tab(
    `
# Step 1 of 5. Ask for an address that takes one
# file: press the play button. Then copy the id
# and the url that come.
mutation Step1_GetUploadUrl(
  $input: GenerateUploadUrlInput
) {
  generateUploadUrl(input: $input) {
    id
    url
    expiresAt
    maxSize
  }
}`,
    { input: { filename: 'photo.jpg', contentTypes: ['image/*'], keep: false } },
  ),
  tab(
    `
# Step 2 of 5. Send a picture to that url, in a
# terminal:
#
#   curl -T photo.jpg "THE-URL"
#
# Or open it (Ctrl or Cmd and a click), and
# choose the picture there. Then paste the id of
# step 1 into the variables below, and press play:
# the status is STORED. Copy the id of the file.
# Nothing but null? It is not the id of step 1.
query Step2_SendBytes($uploadUrl: ID!) {
  uploadUrl(id: $uploadUrl) {
    status
    error
    receivedBytes
    file {
      id
      contentType
      size
      url
    }
  }
}`,
    { uploadUrl: pasteUploadUrl },
  ),
  tab(
    `
# Step 3 of 5. Let a document of yours hold the
# file: here it is the cover of a post. Gridhold
# needs to know no more of it than these names.
# Paste the id of the file, and press play. What a
# document holds is never collected.
mutation Step3_Attach(
  $file: ID!
  $document: DocumentInput!
) {
  attachFile(
    fileId: $file
    document: $document
    field: "cover"
  ) {
    id
    field
    attachedAt
    file {
      refCount
      url
    }
  }
}`,
    { file: pasteFile, document: { collection: 'posts', documentId: '1' } },
  ),
  tab(
    `
# Step 4 of 5. Find your files, and what holds
# them. Open the url of one in the browser.
query Step4_Find {
  files(
    first: 10
    filter: { contentType: "image/*" }
  ) {
    totalCount
    nodes {
      id
      filename
      size
      url
      refCount
      expiresAt
      attachments(first: 3) {
        nodes {
          field
          document {
            collection
            documentId
          }
        }
      }
    }
  }
}`,
  ),
  tab(
    `
# Step 5 of 5. Let go of the file: paste its id,
# press play, and choose Step5_LetGo. When nothing
# holds it, it is collected when its time is up,
# which expiresAt tells, or at once by
#
#   npm run gridhold -- sweep \\
#     --unreferenced-for 0s --chunk-delay 0s
#
# Step5_Delete deletes it without waiting. What is
# still held is refused: FILE_IN_USE.
mutation Step5_LetGo(
  $file: ID!
  $document: DocumentInput!
) {
  detachFile(
    fileId: $file
    document: $document
    field: "cover"
  ) {
    detached
    file {
      refCount
      expiresAt
    }
  }
}

mutation Step5_Delete($file: ID!) {
  deleteFile(id: $file) {
    fileId
    deleted
  }
}`,
    { file: pasteFile, document: { collection: 'posts', documentId: '1' } },
  ),
];
