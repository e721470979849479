/** Everything that can be seen of a store, by the model and by the real thing, in the same words. */
import { createHash } from 'node:crypto';
import type { StoredFile } from '../../../src/domain/model.ts';
import { brokenInvariants } from '../invariants.ts';
import { callers, type Real } from './real.ts';
import { chunksOf, contents, documents, type Model, refCount, ttlHours } from './state.ts';

const hourMs = 3_600_000;
const hashes = contents.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
const baseUrl = 'http://127.0.0.1:4000';

/** Times that tests take are minutes at most. Never -0, which is another zero to who compares. */
const hoursUntil = (time: Date | null): number | null =>
  time && Math.round((time.getTime() - Date.now()) / hourMs) + 0;

export function expectedView(model: Model) {
  const { files, holds, leases, uploadUrls, hour } = model;
  const live = new Set(files.flatMap((file) => (file ? [file.content] : [])));
  return {
    broken: [],
    files: files.map((file, number) => {
      if (!file) return null;
      const { content, owner, visibility, keep, filename, since } = file;
      const expiresIn = since === null ? null : since + ttlHours - hour;
      return { content, owner, visibility, keep, filename, expiresIn, refCount: refCount(model, number) };
    }),
    served: files.map((file) => (file ? `200 content ${file.content}` : '404')),
    holders: files.map((_, number) =>
      holds
        .filter(({ file }) => file === number)
        .map(({ document, field }) => ({ ...documents[document], field })),
    ),
    documents: documents.map((_, number) =>
      holds.filter(({ document }) => document === number).map(({ file, field }) => ({ file, field })),
    ),
    listed: documents.filter((_, number) => holds.some(({ document }) => document === number)),
    uploadUrls: uploadUrls.map((uploadUrl) => {
      if (!uploadUrl) return null;
      const { expires, file, error } = uploadUrl;
      const isReceiving = uploadUrl.lease?.why === 'writing' && uploadUrl.lease.until > hour;
      const waiting = isReceiving ? 'RECEIVING' : expires <= hour ? 'EXPIRED' : 'WAITING';
      const status = file === null ? waiting : 'STORED';
      return { status, file, error: file === null ? error : null, expiresIn: expires - hour };
    }),
    leases: leases.map(({ why, since }) => `${why} for ${hour - since} h`).sort(),
    blobs: live.size,
    chunks:
      [...live].reduce((sum, content) => sum + chunksOf(content), 0) +
      leases.reduce((sum, { chunks }) => sum + chunks, 0),
  };
}

export async function observedView(real: Real): Promise<ReturnType<typeof expectedView>> {
  const { rules, fileIds, store } = real;
  const [app, page] = [callers.app, { first: 100 }];
  const documentHolders = documents.map((document) => ({ document, field: null }));
  const [broken, files, holders, ofDocuments, posts, users, uploadUrls, leases, blobs, chunks] =
    await Promise.all([
      brokenInvariants(store.db),
      rules.filesByIds(fileIds, app),
      rules.attachmentPages(
        fileIds.map((fileId) => ({ fileId })),
        page,
        app,
      ),
      rules.attachmentPages(documentHolders, page, app),
      rules.listDocuments('posts', page, app),
      rules.listDocuments('users', page, app),
      rules.uploadUrlsByIds(
        real.uploadUrls.map(({ id }) => id),
        app,
      ),
      store.db.collection('leases').find().toArray(),
      store.db.collection('blobs.files').countDocuments(),
      store.db.collection('blobs.chunks').countDocuments(),
    ]);
  return {
    broken: broken as never[],
    files: files.map((file) => file && viewOf(file)),
    served: await Promise.all(fileIds.map((id, number) => served(real, id, files[number] ?? null))),
    holders: holders.map(({ edges }) =>
      edges.map(({ node }) => ({ ...node.document, field: node.field })),
    ) as never,
    documents: ofDocuments.map(({ edges }) =>
      edges.map(({ node }) => ({ file: real.numberOf(node.fileId), field: node.field })),
    ),
    listed: [...posts.edges, ...users.edges].map(({ node }) => node) as never,
    uploadUrls: uploadUrls.map(
      (uploadUrl) =>
        uploadUrl && {
          status: uploadUrl.status,
          file: uploadUrl.fileId === null ? null : real.numberOf(uploadUrl.fileId),
          error: uploadUrl.error,
          expiresIn: hoursUntil(uploadUrl.expiresAt) ?? 0,
        },
    ),
    leases: leases.map(({ why, since }) => `${why} for ${Math.max(0, -(hoursUntil(since) ?? 0))} h`).sort(),
    blobs,
    chunks,
  };
}

function viewOf({ sha256, owner, visibility, keep, filename, expiresAt, refCount: holds }: StoredFile) {
  const content = hashes.indexOf(sha256);
  return { content, owner, visibility, keep, filename, expiresIn: hoursUntil(expiresAt), refCount: holds };
}

/**
 * By HTTP, of a private file by its signed URL. The newest one's bytes are read; of the others it is asked what they
 * are, by the tag that is their hash.
 */
async function served(real: Real, id: string, file: StoredFile | null): Promise<string> {
  const url = file ? real.rules.fileAddress(file, callers.app, { baseUrl }) : `${baseUrl}/files/${id}`;
  const isNewest = id === real.fileIds.at(-1);
  const response = await real.store.gridhold.fetch(new Request(url, { method: isNewest ? 'GET' : 'HEAD' }));
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) return String(response.status);
  const tagged = response.headers.get('etag')?.replaceAll('"', '') ?? '';
  const hash = isNewest ? createHash('sha256').update(bytes).digest('hex') : tagged;
  return `200 content ${hashes.indexOf(hash)}`;
}
