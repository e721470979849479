/** One upload as a component shows it: idle, uploading with progress, stored, or failed with a message. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type {
  FileSource,
  GridholdClient,
  StoreOptions,
  UploadedFile,
  UploadOptions,
  UploadProgress,
  UploadTarget,
} from '../client/index.ts';
import { uploadTo } from '../client/index.ts';

export interface UploadState {
  readonly status: 'idle' | 'uploading' | 'stored' | 'failed';
  /** Null before the first byte and after `reset`. */
  readonly progress: UploadProgress | null;
  /** Once stored. */
  readonly file: UploadedFile | null;
  /** Once failed: a GridholdClientError, or what the target or a stream threw. */
  readonly error: Error | null;
}

export interface UseUpload<Options extends UploadOptions = UploadOptions> extends UploadState {
  /**
   * Begins an upload. Resolves with the stored file, or with null where it failed (see `error`) or was cancelled; it
   * never rejects. It goes on when the component goes away: `cancel` ends it.
   */
  upload(file: FileSource, options?: Omit<Options, 'signal' | 'onProgress'>): Promise<UploadedFile | null>;
  /** Ends what is running; back to idle. */
  cancel(): void;
  /** Forgets the outcome of what has ended. */
  reset(): void;
}

const idle: UploadState = { status: 'idle', progress: null, file: null, error: null };

/**
 * @param target a client, which takes what the file is to be stored with (`attachTo`, `metadata`, …); or what gives an
 *   upload URL, such as a mutation of the app's own server, which says that. It need not be the same at each render.
 * @example
 * const { upload, status, progress, error } = useUpload(async () => (await generateUploadUrl()).data.url);
 */
export function useUpload(target: GridholdClient): UseUpload<StoreOptions>;
export function useUpload(target: GridholdClient | UploadTarget): UseUpload;
export function useUpload(target: GridholdClient | UploadTarget): UseUpload<StoreOptions> {
  const [state, setState] = useState(idle);
  const running = useRef<AbortController | null>(null);
  const latestTarget = useRef(target);
  useEffect(() => {
    latestTarget.current = target;
  });

  const upload = useCallback<UseUpload<StoreOptions>['upload']>(async (file, options) => {
    const controller = new AbortController();
    running.current?.abort();
    running.current = controller;
    // What a later upload or a cancel has replaced changes nothing any more.
    const show = (next: UploadState): void => {
      if (running.current === controller) setState(next);
    };
    let progress: UploadProgress | null = null;
    show({ ...idle, status: 'uploading' });
    try {
      const stored = await uploadBy(latestTarget.current, file, {
        ...options,
        signal: controller.signal,
        onProgress(latest) {
          progress = latest;
          show({ ...idle, status: 'uploading', progress });
        },
      });
      show({ ...idle, status: 'stored', progress, file: stored });
      return stored;
    } catch (error) {
      show({ ...idle, status: 'failed', error: error instanceof Error ? error : new Error(String(error)) });
      return null;
    } finally {
      if (running.current === controller) running.current = null;
    }
  }, []);

  const cancel = useCallback(() => {
    const controller = running.current;
    running.current = null;
    controller?.abort();
    setState(idle);
  }, []);

  const reset = useCallback(() => {
    if (!running.current) setState(idle);
  }, []);

  return { ...state, upload, cancel, reset };
}

function uploadBy(
  target: GridholdClient | UploadTarget,
  file: FileSource,
  options: StoreOptions,
): Promise<UploadedFile> {
  return typeof target === 'object' && 'upload' in target
    ? target.upload(file, options)
    : uploadTo(target, file, options);
}
