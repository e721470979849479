/** The state of `useUpload` as the tray shows it. */
import type { UploadState } from 'gridhold/react';
import type { ChatUpload } from './chat-types.ts';
import { isWorthRepeating, wordsOf } from './words-of.ts';

/** @param problem what failed after the upload */
export function shownUpload(
  { status, progress, error }: Pick<UploadState, 'status' | 'progress' | 'error'>,
  problem: Error | null = null,
): Pick<ChatUpload, 'status' | 'fraction' | 'problem' | 'isWorthRepeating'> {
  const failure = error ?? problem;
  if (failure) {
    const repeatable = isWorthRepeating(failure);
    return { status: 'failed', fraction: null, problem: wordsOf(failure), isWorthRepeating: repeatable };
  }
  if (status === 'stored') return { status: 'finishing', fraction: 1, problem: null };
  const fraction = progress?.total ? progress.loaded / progress.total : null;
  return { status: status === 'idle' ? 'idle' : 'uploading', fraction, problem: null };
}
