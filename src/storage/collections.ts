/**
 * The names of our collections, in one place, and typed handles on them. What the records mean is in records.ts; what
 * foreign readers and writers may rely on is in docs/data-model.md.
 */
import type { Collection, Db } from 'mongodb';
import type {
  ApiKeyRecord,
  AttachmentRecord,
  BlobRecord,
  ChunkRecord,
  DocumentLockRecord,
  FileRecord,
  IdempotencyKeyRecord,
  LeaseRecord,
  MarkerRecord,
  SigningKeyRecord,
  UploadUrlRecord,
} from './records.ts';

export const collectionNames = {
  marker: 'gridhold',
  files: 'files',
  attachments: 'attachments',
  documentLocks: 'documentLocks',
  uploadUrls: 'uploadUrls',
  blobs: 'blobs.files',
  chunks: 'blobs.chunks',
  leases: 'leases',
  idempotencyKeys: 'idempotencyKeys',
  signingKeys: 'signingKeys',
  // Added to stores that exist, perhaps in an app's own database: names that are surely free.
  apiKeys: 'gridhold.keys',
  rateLimits: 'gridhold.rateLimits',
} as const;

export interface Collections {
  readonly marker: Collection<MarkerRecord>;
  readonly files: Collection<FileRecord>;
  readonly attachments: Collection<AttachmentRecord>;
  readonly documentLocks: Collection<DocumentLockRecord>;
  readonly uploadUrls: Collection<UploadUrlRecord>;
  readonly blobs: Collection<BlobRecord>;
  readonly chunks: Collection<ChunkRecord>;
  readonly leases: Collection<LeaseRecord>;
  readonly idempotencyKeys: Collection<IdempotencyKeyRecord>;
  readonly signingKeys: Collection<SigningKeyRecord>;
  readonly apiKeys: Collection<ApiKeyRecord>;
}

/**
 * For what holds clients' JSON: the driver's default is `{}`, through whose prototype it returns lists under a key such
 * as `constructor` as raw bytes. A handle on a database does not take this option.
 */
const asTheyAre = { fieldsAsRaw: Object.create(null) };

export function collectionsOf(db: Db): Collections {
  return {
    marker: db.collection(collectionNames.marker),
    files: db.collection(collectionNames.files, asTheyAre),
    attachments: db.collection(collectionNames.attachments),
    documentLocks: db.collection(collectionNames.documentLocks),
    uploadUrls: db.collection(collectionNames.uploadUrls, asTheyAre),
    blobs: db.collection(collectionNames.blobs),
    chunks: db.collection(collectionNames.chunks),
    leases: db.collection(collectionNames.leases),
    idempotencyKeys: db.collection(collectionNames.idempotencyKeys),
    signingKeys: db.collection(collectionNames.signingKeys),
    apiKeys: db.collection(collectionNames.apiKeys),
  };
}
