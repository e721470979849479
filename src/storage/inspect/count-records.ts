/** About how many records there are, by what MongoDB has counted itself: for a progress bar. */
import type { Scope } from '../transaction.ts';

export interface RecordCounts {
  readonly files: number;
  readonly attachments: number;
  readonly blobs: number;
  readonly chunks: number;
}

export async function countRecords(scope: Scope): Promise<RecordCounts> {
  const [files, attachments, blobs, chunks] = await Promise.all([
    scope.in.files.estimatedDocumentCount(),
    scope.in.attachments.estimatedDocumentCount(),
    scope.in.blobs.estimatedDocumentCount(),
    scope.in.chunks.estimatedDocumentCount(),
  ]);
  return { files, attachments, blobs, chunks };
}
