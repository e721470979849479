/** What the page asks the chat's server. */
import { gql, type TypedDocumentNode } from 'urql';

export interface Message {
  readonly id: string;
  readonly author: string;
  readonly body: string | null;
  readonly image: { readonly url: string } | null;
  readonly sentAt: string;
}

export const messagesQuery: TypedDocumentNode<{ messages: readonly Message[] }, Record<string, never>> = gql`
  query Messages {
    messages {
      id
      author
      body
      image {
        url
      }
      sentAt
    }
  }
`;

export const sendMessage: TypedDocumentNode<
  { sendMessage: { readonly id: string } },
  { readonly body: string; readonly author: string }
> = gql`
  mutation SendMessage($body: String!, $author: String!) {
    sendMessage(body: $body, author: $author) {
      id
    }
  }
`;

export const deleteMessage: TypedDocumentNode<{ deleteMessage: boolean }, { readonly id: string }> = gql`
  mutation DeleteMessage($id: ID!) {
    deleteMessage(id: $id)
  }
`;
