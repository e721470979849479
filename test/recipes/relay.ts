/** The recipes of docs/clients.md for Relay. What stands between the region marks stands there word for word. */

// #region relay/environment
import { Environment, Network, RecordSource, Store, type UploadableMap, type Variables } from 'relay-runtime';

export function createRelay(url: string): Environment {
  const network = Network.create(async ({ text }, variables, _cacheConfig, uploadables) => {
    const operation = JSON.stringify({ query: text, variables });
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      // Multipart requests need the one: it proves that no foreign page's form sends them. The others need the other.
      headers: uploadables ? { 'apollo-require-preflight': 'true' } : { 'content-type': 'application/json' },
      body: uploadables ? formOf(operation, uploadables) : operation,
    });
    return await response.json();
  });
  return new Environment({ network, store: new Store(new RecordSource()) });
}

/** The multipart request specification; each name is a variable that is null in `operation`. */
function formOf(operation: string, uploadables: UploadableMap): FormData {
  const names = Object.keys(uploadables);
  const form = new FormData();
  form.append('operations', operation);
  form.append('map', JSON.stringify(Object.fromEntries(names.map((name) => [name, [`variables.${name}`]]))));
  for (const name of names) form.append(name, uploadables[name] as Blob);
  return form;
}

// #endregion

// #region relay/list
import { graphql } from 'relay-runtime';

export const filesQuery = graphql`
  query relayFilesQuery { ...relay_files }
`;

// For usePaginationFragment: data.files.edges, loadNext, hasNext.
export const filesFragment = graphql`
  fragment relay_files on Query
  @refetchable(queryName: "relayFilesPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" }) {
    files(first: $first, after: $after) @connection(key: "relay_files") {
      edges { node { id ...relay_file } }
    }
  }
`;

// For useRefetchableFragment: asks for the one file again, by its ID.
export const fileFragment = graphql`
  fragment relay_file on File @refetchable(queryName: "relayFileQuery") {
    filename
    contentType
    size
    url
    refCount
  }
`;

// #endregion

// #region relay/upload
import { ConnectionHandler, commitMutation, type MutationParameters, ROOT_ID } from 'relay-runtime';

// With filters in the list, they stand here as a third argument.
const connections = [ConnectionHandler.getConnectionID(ROOT_ID, 'relay_files')];

const uploadFile = graphql`
  mutation relayUploadFileMutation($file: Upload!, $connections: [ID!]!) {
    uploadFile(file: $file) @prependNode(connections: $connections, edgeTypeName: "FileEdge") {
      id
      ...relay_file
    }
  }
`;

export function upload(relay: Environment, file: File): Promise<UploadFile['response']> {
  return new Promise((onCompleted, onError) => {
    commitMutation<UploadFile>(relay, {
      mutation: uploadFile,
      variables: { file: null, connections },
      uploadables: { file },
      onCompleted,
      onError,
    });
  });
}
// #endregion

// #region relay/attach
// The answer has the file's ID and its new count, so every list that shows it is up to date.
const attachFile = graphql`
  mutation relayAttachFileMutation($fileId: ID!, $document: DocumentInput!) {
    attachFile(fileId: $fileId, document: $document) { id file { id refCount } }
  }
`;

export function attach(relay: Environment, fileId: string, messageId: string): Promise<unknown> {
  const document = { collection: 'messages', documentId: messageId };
  return new Promise((onCompleted, onError) => {
    commitMutation(relay, {
      mutation: attachFile,
      variables: { fileId, document },
      onCompleted,
      onError,
    });
  });
}
// #endregion

// #region relay/delete
// The list loses its edge, and the store the file. A field takes one of these directives: hence the alias.
const deleteFile = graphql`
  mutation relayDeleteFileMutation($id: ID!, $connections: [ID!]!) {
    deleteFile(id: $id) {
      fileId @deleteEdge(connections: $connections)
      recordId: fileId @deleteRecord
    }
  }
`;

export function deleteAndForget(relay: Environment, id: string): Promise<unknown> {
  return new Promise((onCompleted, onError) => {
    commitMutation(relay, { mutation: deleteFile, variables: { id, connections }, onCompleted, onError });
  });
}
// #endregion

interface UploadFile extends MutationParameters {
  readonly response: { readonly uploadFile: { readonly id: string } };
  readonly variables: Variables;
}
