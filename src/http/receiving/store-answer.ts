/** The answer to stored bytes, whatever way they came. */
import type { StoredFile } from '../../domain/model.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { fileUrl } from '../../domain/urls.ts';
import type { StoreResult } from '../../domain/use-cases.ts';
import { type Answer, jsonAnswer } from '../exchange.ts';

export function storeAnswer(
  { file, created }: StoreResult,
  context: RequestContext,
  cdnUrl: string | null,
): Answer {
  const body = {
    id: file.id,
    // Convex's name for the same.
    storageId: file.id,
    size: file.size,
    sha256: file.sha256,
    contentType: file.contentType,
    url: fileUrl(file, { baseUrl: context.baseUrl, cdnUrl }),
    expiresAt: file.expiresAt?.toISOString() ?? null,
  };
  return jsonAnswer(created ? 201 : 200, body, { Location: location(file, context) });
}

export function location(file: StoredFile, context: RequestContext): string {
  return fileUrl(file, { baseUrl: context.baseUrl });
}
