/**
 * Lets go of what a crash left: a hold of a message that was never inserted, or is deleted.
 *
 * Why no message can lose its image by this. A hold without a message may be one whose message is just about to be
 * inserted, and no clock can tell the two apart: a process may sleep between any two steps. So before a hold is let go
 * of, its message's ID is given up in the chat's own database, under the same unique key that the message would be
 * inserted with. MongoDB lets one of the two in. If the message came first, its ID can't be given up, and the hold
 * stays. If giving up came first, the message is never inserted, and its sender is told. Nothing is asked of clocks but
 * courtesy: a hold is left alone for a minute, so that slow senders get through.
 *
 * Every step can be repeated, and any number of these may run at once. A crash between the two leaves the mark and the
 * hold; the next pass finds the hold again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { GridholdClient } from 'gridhold/client';
import type { Messages } from './messages.ts';

export interface ReconcileSettings {
  readonly intervalMs: number;
  /** How old a hold without a message must be. */
  readonly minAgeMs: number;
}

const pageQuery = `query Holders($collection: String!, $after: String) {
  documents(collection: $collection, first: 100, after: $after) {
    nodes { documentId attachments(last: 1) { nodes { attachedAt } } }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface HolderPage {
  readonly documents: {
    readonly nodes: readonly {
      readonly documentId: string;
      /** Oldest first: the last one is the newest. */
      readonly attachments: { readonly nodes: readonly { readonly attachedAt: string }[] };
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** At once, and then after each pause. The result stops it, and resolves when the running pass has ended. */
export function startReconciling(
  gridhold: GridholdClient,
  messages: Messages,
  { intervalMs, minAgeMs }: ReconcileSettings,
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      try {
        await reconcile(gridhold, messages, minAgeMs, signal);
      } catch (error) {
        if (!signal.aborted) process.stderr.write(`Comparing holds with messages failed: ${String(error)}\n`);
      }
      await pause(intervalMs, undefined, { signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stopping.abort();
    await running;
  };
}

async function reconcile(
  gridhold: GridholdClient,
  messages: Messages,
  minAgeMs: number,
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = [];
  let after: string | null = null;
  do {
    const { documents }: HolderPage = await gridhold.request(
      pageQuery,
      { collection: messages.holder, after },
      { signal },
    );
    const known = await messages.existing(documents.nodes.map(({ documentId }) => documentId));
    for (const { documentId, attachments } of documents.nodes) {
      const [newest] = attachments.nodes;
      if (known.has(documentId) || !newest) continue;
      if (Date.now() - Date.parse(newest.attachedAt) < minAgeMs) continue;
      try {
        if (!(await messages.giveUp(documentId))) continue;
        await gridhold.detachDocument({ document: messages.holderOf(documentId) }, { signal });
      } catch (error) {
        // One that fails each time must not keep those behind it from their turn.
        if (signal.aborted) throw error;
        failures.push(error);
      }
    }
    after = documents.pageInfo.hasNextPage ? documents.pageInfo.endCursor : null;
  } while (after !== null);
  const { length } = failures;
  if (length > 0) {
    throw new Error(
      `${length} ${length === 1 ? 'hold' : 'holds'} could not be let go of: ${String(failures[0])}`,
    );
  }
}
