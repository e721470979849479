/** Several uploads, a bounded number of them at once. One that fails does not hinder the others. */
import { keepErrorsFromCrashing } from './byte-stream.ts';
import type { FileSource } from './file-source.ts';
import type { UploadManyOptions, UploadManyProgress } from './gridhold-client.ts';
import type { UploadedFile, UploadOptions } from './upload-to.ts';

const defaultConcurrency = 3;

type Upload = (file: FileSource, options: UploadOptions) => Promise<UploadedFile>;

/** @throws RangeError where `concurrency` is no whole number from 1 on */
export async function uploadMany(
  upload: Upload,
  files: Iterable<FileSource>,
  options: UploadManyOptions = {},
): Promise<PromiseSettledResult<UploadedFile>[]> {
  const { concurrency = defaultConcurrency, onProgress, ...each } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError('concurrency: must be a whole number from 1 on');
  }
  const all = [...files];
  for (const file of all) keepErrorsFromCrashing(file);
  const progress = all.map((file) => ({ loaded: 0, total: sizeOf(file) }));
  const outcomes: PromiseSettledResult<UploadedFile>[] = [];
  const waiting = all.entries();
  const work = async (): Promise<void> => {
    for (const [index, file] of waiting) {
      try {
        const value = await upload(file, {
          ...each,
          onProgress({ loaded, total }) {
            progress[index] = { loaded, total };
            onProgress?.(sumOf(progress));
          },
        });
        outcomes[index] = { status: 'fulfilled', value };
      } catch (reason) {
        outcomes[index] = { status: 'rejected', reason };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, all.length) }, work));
  return outcomes;
}

/** Known before its turn comes. */
function sizeOf(file: FileSource): number | null {
  if (file instanceof Blob) return file.size;
  return ArrayBuffer.isView(file) || file instanceof ArrayBuffer ? file.byteLength : null;
}

function sumOf(
  files: readonly { readonly loaded: number; readonly total: number | null }[],
): UploadManyProgress {
  let loaded = 0;
  let total: number | null = 0;
  for (const file of files) {
    loaded += file.loaded;
    total = total === null || file.total === null ? null : total + file.total;
  }
  return { loaded, total, files: [...files] };
}
