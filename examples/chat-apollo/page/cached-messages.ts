/** What a mutation changes in the cached list, so that it shows before the next poll. */
import type { ApolloCache } from '@apollo/client';
import { type Message, messagesQuery } from './operations.ts';

export function addMessage(cache: ApolloCache, message: Message | undefined): void {
  if (!message) return;
  // A poll may have brought it already.
  change(cache, (messages) => [...messages.filter(({ id }) => id !== message.id), message]);
}

export function removeMessage(cache: ApolloCache, id: string): void {
  change(cache, (messages) => messages.filter((message) => message.id !== id));
}

function change(cache: ApolloCache, to: (messages: readonly Message[]) => readonly Message[]): void {
  cache.updateQuery({ query: messagesQuery }, (data) => data && { messages: to(data.messages) });
}
