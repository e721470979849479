/** An upload URL as its maker sees it: the record, and what its lease says of the running attempt. */
import type { UploadUrlState } from '../storage/upload-urls.ts';
import { readUploadUrls } from '../storage/upload-urls.ts';
import { maySeeUploadUrl } from './access.ts';
import type { DomainContext } from './context.ts';
import { isUploadUrlId } from './ids.ts';
import type { Caller, UploadStatus, UploadUrl } from './model.ts';
import { uploadToken } from './upload-token.ts';

export function toUploadUrl(context: DomainContext, state: UploadUrlState): UploadUrl {
  const { record, lease } = state;
  const status = statusOf(state);
  return {
    id: record._id,
    path: `/upload/${uploadToken(context.signing, record._id)}`,
    expiresAt: record.expiresAt,
    status,
    error: status === 'STORED' ? null : record.error,
    maxSize: record.maxSize,
    contentTypes: record.contentTypes,
    receivedBytes:
      status === 'STORED' ? (record.size ?? 0) : status === 'RECEIVING' ? (lease?.receivedBytes ?? 0) : 0,
    fileId: record.fileId,
  };
}

/** STORED outranks RECEIVING outranks EXPIRED. A lease that has run out is nobody's progress. */
function statusOf({ record, lease, now }: UploadUrlState): UploadStatus {
  if (record.fileId !== null) return 'STORED';
  if (lease?.why === 'writing' && lease.until > now) return 'RECEIVING';
  return record.expiresAt <= now ? 'EXPIRED' : 'WAITING';
}

/** Seen by its maker and by admins only: whoever has the URL may send bytes. */
export async function uploadUrlsByIds(
  context: DomainContext,
  ids: readonly string[],
  caller: Caller,
): Promise<readonly (UploadUrl | null)[]> {
  const states = await readUploadUrls(context.store, [...new Set(ids.filter(isUploadUrlId))]);
  const visible = states.filter(({ record }) => maySeeUploadUrl(caller, record.maker));
  const byId = new Map(visible.map((state) => [state.record._id, state]));
  return ids.map((id) => {
    const state = byId.get(id);
    return state ? toUploadUrl(context, state) : null;
  });
}
