/** The answer to stored bytes, whatever way they came. */

import type { StoreResult } from '../../domain/incoming-bytes.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { bareAddress } from '../../domain/urls.ts';
import type { UseCases } from '../../domain/use-cases.ts';
import { type Answer, jsonAnswer } from '../exchange.ts';

/** `url` is signed where the sender may read what it has sent: who has an upload URL may not. */
export function storeAnswer(
  { file, created }: StoreResult,
  { caller, baseUrl }: RequestContext,
  useCases: Pick<UseCases, 'fileAddress'>,
): Answer {
  const body = {
    id: file.id,
    // Convex's name for the same.
    storageId: file.id,
    size: file.size,
    sha256: file.sha256,
    contentType: file.contentType,
    url: useCases.fileAddress(file, caller, { baseUrl }),
    expiresAt: file.expiresAt?.toISOString() ?? null,
  };
  return jsonAnswer(created ? 201 : 200, body, { Location: bareAddress(file, baseUrl) });
}
