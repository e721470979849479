/** What the page asks the chat's server. */
import { gql, type TypedDocumentNode } from '@apollo/client';

export interface Message {
  readonly __typename: 'Message';
  readonly id: string;
  readonly author: string;
  readonly body: string | null;
  readonly image: {
    readonly __typename: 'Image';
    readonly id: string;
    /** Null where the file is no more. */
    readonly url: string | null;
  } | null;
  readonly sentAt: string;
}

type NoVariables = Record<string, never>;

const messageFields = gql`
  fragment MessageFields on Message {
    id
    author
    body
    image {
      id
      url
    }
    sentAt
  }
`;

export const messagesQuery: TypedDocumentNode<{ messages: readonly Message[] }, NoVariables> = gql`
  query Messages {
    messages {
      ...MessageFields
    }
  }
  ${messageFields}
`;

export const generateUploadUrl: TypedDocumentNode<{ generateUploadUrl: string }, NoVariables> = gql`
  mutation GenerateUploadUrl {
    generateUploadUrl
  }
`;

export const sendMessage: TypedDocumentNode<
  { sendMessage: Message },
  { readonly body: string; readonly author: string }
> = gql`
  mutation SendMessage($body: String!, $author: String!) {
    sendMessage(body: $body, author: $author) {
      ...MessageFields
    }
  }
  ${messageFields}
`;

export const sendImage: TypedDocumentNode<
  { sendImage: Message },
  { readonly storageId: string; readonly author: string }
> = gql`
  mutation SendImage($storageId: ID!, $author: String!) {
    sendImage(storageId: $storageId, author: $author) {
      ...MessageFields
    }
  }
  ${messageFields}
`;

export const deleteMessage: TypedDocumentNode<{ deleteMessage: boolean }, { readonly id: string }> = gql`
  mutation DeleteMessage($id: ID!) {
    deleteMessage(id: $id)
  }
`;
