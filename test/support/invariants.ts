/** The invariants 1 to 5 of the design, read from the database of a store at rest. Empty: all hold. */
import type { Db, Document } from 'mongodb';

export async function brokenInvariants(db: Db): Promise<string[]> {
  const broken: string[] = [];
  const [files, attachments, blobs, leases] = await Promise.all([
    db.collection<Document & { _id: string }>('files').find().toArray(),
    db.collection('attachments').find().toArray(),
    db.collection('blobs.files').find().toArray(),
    db.collection('leases').find().toArray(),
  ]);
  const chunks = await db
    .collection('blobs.chunks')
    .aggregate([
      {
        $group: {
          _id: '$files_id',
          count: { $sum: 1 },
          bytes: { $sum: { $binarySize: '$data' } },
          first: { $min: '$n' },
          last: { $max: '$n' },
        },
      },
    ])
    .toArray();

  const holds = groupBy(attachments, 'fileId');
  const fileIds = new Set(files.map(({ _id }) => _id));
  for (const file of files) {
    const held = holds.get(file._id)?.length ?? 0;
    if (file['refCount'] !== held)
      broken.push(`1: ${file._id} has refCount ${file['refCount']}, ${held} attachments`);
    const shouldBeSet = held === 0 && !file['keep'];
    if (shouldBeSet !== 'unreferencedSince' in file)
      broken.push(`1: ${file._id} unreferencedSince should be ${shouldBeSet ? 'set' : 'absent'}`);
  }
  for (const fileId of holds.keys())
    if (!fileIds.has(fileId)) broken.push(`2: ${fileId} is held and does not exist`);

  const filesOfBlob = groupBy(files, 'blobId');
  const blobIds = new Set(blobs.map(({ _id }) => String(_id)));
  for (const blob of blobs) {
    const id = String(blob._id);
    const count = filesOfBlob.get(id)?.length ?? 0;
    if (blob['metadata']?.fileCount !== count)
      broken.push(`3: blob ${id} counts ${blob['metadata']?.fileCount}, ${count} files`);
    const has = chunks.find(({ _id }) => String(_id) === id);
    const length = Number(blob['length']);
    const expected = Math.ceil(length / blob['chunkSize']);
    if ((has?.['count'] ?? 0) !== expected)
      broken.push(`5: blob ${id} has ${has?.['count'] ?? 0} chunks of ${expected}`);
    if ((has?.['bytes'] ?? 0) !== length)
      broken.push(`5: blob ${id} has ${has?.['bytes'] ?? 0} bytes of ${length}`);
    if (has && (has['first'] !== 0 || has['last'] !== expected - 1)) broken.push(`5: blob ${id} has gaps`);
  }
  for (const id of filesOfBlob.keys())
    if (!blobIds.has(id)) broken.push(`3: blob ${id} has files and is not live`);
  const leased = new Set(leases.map(({ _id }) => String(_id)));
  for (const { _id } of chunks) {
    if (!blobIds.has(String(_id)) && !leased.has(String(_id)))
      broken.push(`4: chunks of ${_id} belong to nothing`);
  }
  for (const id of leased) if (blobIds.has(id)) broken.push(`4: blob ${id} is live and leased`);
  return broken;
}

function groupBy<T extends Document>(items: readonly T[], key: string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(String(item[key]));
    if (group) group.push(item);
    else groups.set(String(item[key]), [item]);
  }
  return groups;
}
