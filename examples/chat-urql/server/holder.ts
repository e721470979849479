/** The name under which Gridhold knows a message. */
import type { DocumentName } from 'gridhold/client';

/**
 * reconcile.ts lets go of what this collection holds and the chat does not know: apps that share a Gridhold must not
 * share a name.
 */
export const holders = 'messages';

export function holderOf(messageId: string): DocumentName {
  return { collection: holders, documentId: messageId };
}
