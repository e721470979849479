/** What is left in the database when every time that something waits for is over. It should be nothing. */
import type { Db } from 'mongodb';
import type { MeasuredService } from '../support/measured-service.ts';

const dayMs = 86_400_000;

/** The server's times lie in records: they are moved back instead of waited for. A lease takes three passes. */
export async function leftovers(service: MeasuredService): Promise<string[]> {
  for (let pass = 0; pass < 3; pass++) {
    await longAgo(service.db);
    await service.sweep();
  }
  const left: string[] = [];
  for (const name of ['files', 'attachments', 'uploadUrls', 'leases', 'blobs.files', 'blobs.chunks']) {
    const count = await service.db.collection(name).countDocuments();
    if (count > 0) left.push(`${count} in ${name}`);
  }
  return left;
}

async function longAgo(db: Db): Promise<void> {
  const until = new Date(Date.now() - 3 * dayMs);
  await db.collection('leases').updateMany({}, { $set: { until, since: until, progressAt: until } });
  await db.collection('uploadUrls').updateMany({}, { $set: { expiresAt: until } });
}
