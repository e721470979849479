/** Every index and validator, made before the first request. Making one that exists changes nothing. */
import { isDeepStrictEqual } from 'node:util';
import type { Db } from 'mongodb';
import { type Collections, collectionNames } from './collections.ts';

const daySeconds = 86_400;

/** Foreign writers attach by themselves (docs/data-model.md): MongoDB holds them to the form. */
const attachmentValidator = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['fileId', 'collection', 'documentId', 'field', 'attachedAt'],
    properties: {
      fileId: { bsonType: 'string', pattern: '^file_[0-7][0-9a-hjkmnp-tv-z]{25}$' },
      collection: { bsonType: 'string', minLength: 1, maxLength: 200 },
      documentId: { bsonType: 'string', minLength: 1, maxLength: 200 },
      field: { bsonType: 'string', minLength: 1, maxLength: 200 },
      attachedAt: { bsonType: 'date' },
    },
  },
};

export async function ensureIndexes(db: Db, collections: Collections): Promise<void> {
  await ensureValidator(db);
  await Promise.all([
    collections.files.createIndexes([
      { key: { unreferencedSince: 1, _id: 1 } },
      { key: { blobId: 1 } },
      { key: { uploadedAt: 1, _id: 1 } },
      { key: { size: 1, _id: 1 } },
      { key: { filename: 1, _id: 1 } },
      { key: { owner: 1, uploadedAt: 1, _id: 1 } },
      { key: { contentType: 1, uploadedAt: 1, _id: 1 } },
      { key: { sha256: 1, uploadedAt: 1, _id: 1 } },
    ]),
    collections.attachments.createIndexes([
      { key: { fileId: 1, collection: 1, documentId: 1, field: 1 }, unique: true },
      { key: { collection: 1, documentId: 1, field: 1, attachedAt: 1, _id: 1 } },
      { key: { collection: 1, documentId: 1, attachedAt: 1, _id: 1 } },
      { key: { fileId: 1, attachedAt: 1, _id: 1 } },
      { key: { owner: 1, collection: 1, documentId: 1, attachedAt: 1, _id: 1 } },
    ]),
    collections.documentLocks.createIndexes([{ key: { touchedAt: 1 }, expireAfterSeconds: daySeconds }]),
    collections.uploadUrls.createIndexes([{ key: { expiresAt: 1, _id: 1 } }]),
    collections.blobs.createIndexes([
      { key: { filename: 1, uploadDate: 1 } },
      {
        key: { 'metadata.sha256': 1 },
        unique: true,
        partialFilterExpression: { 'metadata.sha256': { $type: 'string' } },
      },
    ]),
    collections.chunks.createIndexes([{ key: { files_id: 1, n: 1 }, unique: true }]),
    collections.leases.createIndexes([{ key: { why: 1, until: 1 } }, { key: { why: 1, since: 1 } }]),
    collections.idempotencyKeys.createIndexes([{ key: { createdAt: 1 }, expireAfterSeconds: daySeconds }]),
    // The names of rate-limiter-flexible: it finds a count by its key, and sets when it is over.
    db.collection(collectionNames.rateLimits).createIndexes([
      { key: { key: 1 }, unique: true },
      { key: { expire: 1 }, expireAfterSeconds: 0 },
    ]),
  ]);
  // Transactions can't make a collection that several of them touch first without conflicts.
  await createIfMissing(db, collectionNames.signingKeys);
}

/** Changed only where it differs: collMod waits for open transactions, and holds up everything behind it. */
async function ensureValidator(db: Db): Promise<void> {
  const name = collectionNames.attachments;
  await createIfMissing(db, name, { validator: attachmentValidator });
  const [existing] = await db.listCollections({ name }).toArray();
  const validator = existing && 'options' in existing ? existing.options?.['validator'] : undefined;
  if (!isDeepStrictEqual(validator, attachmentValidator)) {
    await db.command({ collMod: name, validator: attachmentValidator });
  }
}

async function createIfMissing(db: Db, name: string, options: { validator?: object } = {}): Promise<void> {
  const namespaceExists = 48;
  const existing = await db.listCollections({ name }, { nameOnly: true }).toArray();
  if (existing.length > 0) return;
  try {
    await db.createCollection(name, options);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === namespaceExists)) throw error;
  }
}
