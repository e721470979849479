/**
 * The name under which Gridhold knows this chat's messages. reconcile.ts lets go of what that name holds and the chat
 * does not know, so it must be this chat's own: of this database, and of this life of it. Its random part lies among the
 * messages, and is lost, kept, copied and restored with them. A database that was emptied makes a new one, and lets go
 * of nothing that the old one's messages held; a copy under another name is another holder too.
 */
import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';

export interface HolderRecord {
  readonly _id: string;
  readonly holder: string;
}

/** No message has it: theirs are UUIDs. */
export const holderId = 'holder';

/** Made once. Of several servers that begin at once all get the same. */
export async function openHolder(records: Collection<HolderRecord>): Promise<string> {
  const record = await records.findOneAndUpdate(
    { _id: holderId },
    { $setOnInsert: { holder: randomUUID() } },
    { upsert: true, returnDocument: 'after' },
  );
  if (!record) throw new Error('MongoDB gave no answer to an upsert');
  return record.holder;
}
