/** The bytes of one part, as the domain takes them: they end cleanly only where the part is whole. */
import type { Readable } from 'node:stream';
import { GridholdError } from '../../errors/gridhold-error.ts';
import type { UploadSource } from './incoming-upload.ts';
import { partFailure } from './part-failure.ts';

/** busboy marks a part that it cut off at the limit, and ends it as if it were whole. */
export type PartStream = Readable & { readonly truncated?: boolean };

/** Left early, the part is not destroyed but read on into nothing: the parser waits until somebody takes its bytes. */
export async function* partBytes(
  stream: PartStream,
  { failure, maxFileSize }: Pick<UploadSource, 'failure' | 'maxFileSize'>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
  } catch (error) {
    throw partFailure(error, failure());
  } finally {
    stream.resume();
  }
  if (stream.truncated) {
    throw new GridholdError('FILE_TOO_LARGE', `The file is larger than ${maxFileSize} bytes`, {
      maxSize: maxFileSize,
    });
  }
}
