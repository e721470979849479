/** The bytes of one part, as the domain takes them: they end cleanly only where the part is whole. */
import type { Readable } from 'node:stream';
import { GridholdError } from '../../errors/gridhold-error.ts';
import { partFailure } from './part-failure.ts';
import type { UploadSource } from './upload-source.ts';

/**
 * Left early, the part is not destroyed but read on into nothing: the parser waits until somebody takes its bytes. They
 * are counted here, because the library's own limit ends a part as if it were whole, and hides one that passed it
 * before anybody asked, so that nobody can make room for the parts behind it.
 */
export async function* partBytes(
  part: Readable,
  { failure, maxFileSize }: Pick<UploadSource, 'failure' | 'maxFileSize'>,
): AsyncGenerator<Uint8Array, void, void> {
  let size = 0;
  try {
    for await (const chunk of part.iterator({ destroyOnReturn: false })) {
      if (!(chunk instanceof Uint8Array)) continue;
      size += chunk.byteLength;
      if (size > maxFileSize) throw tooLarge(maxFileSize);
      yield chunk;
    }
  } catch (error) {
    throw partFailure(error, failure());
  } finally {
    part.resume();
  }
}

function tooLarge(maxSize: number): GridholdError {
  return new GridholdError('FILE_TOO_LARGE', `The file is larger than ${maxSize} bytes`, { maxSize });
}
