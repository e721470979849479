/** The forms in which a platform holds a file, and the one in which it is sent. */

/** React Native's own: what its pickers and cameras give. */
export interface NativeFile {
  readonly uri: string;
  readonly name?: string | null | undefined;
  readonly type?: string | null | undefined;
}

/**
 * A `File` or `Blob`, bytes, a stream of bytes (Node's `Readable` is one), or React Native's `{ uri, name, type }`. A
 * stream is sent once, and in browsers, which can't send one, it is gathered first.
 */
export type FileSource =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | NativeFile;

export type WholeBody = Blob | Uint8Array<ArrayBuffer> | FormData;

export interface ReadSource {
  /** Whole where it can be sent again, else the stream. */
  readonly body: WholeBody | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
  readonly isRepeatable: boolean;
  /** Bytes; null where that shows only at the end. */
  readonly size: number | null;
  readonly filename: string | null;
  /** Empty where the source says nothing, or where the body says it itself (a form does). */
  readonly contentType: string;
}

export interface SourceHints {
  readonly filename?: string | undefined;
  readonly contentType?: string | undefined;
  readonly size?: number | undefined;
}

/**
 * Bytes are copied, so that repeats send what was given, whatever becomes of the buffer meanwhile.
 * @param gathers whether streams must be gathered, because the platform can't send them
 * @throws TypeError where it is none of the forms
 */
export async function readSource(
  file: FileSource,
  hints: SourceHints,
  gathers: boolean,
): Promise<ReadSource> {
  const { filename = null, contentType = '' } = hints;
  if (file instanceof Blob) {
    const name = 'name' in file && typeof file.name === 'string' && file.name !== '' ? file.name : null;
    return whole(file, file.size, filename ?? name, contentType || file.type);
  }
  if (ArrayBuffer.isView(file) || file instanceof ArrayBuffer) {
    const bytes = copyOf(file);
    return whole(bytes, bytes.byteLength, filename, contentType);
  }
  if (typeof file === 'object' && file !== null) {
    if ('uri' in file) {
      const name = filename ?? file.name ?? file.uri.split(/[?#]/)[0]?.split('/').pop() ?? 'file';
      return whole(nativeForm(file, name, contentType), hints.size ?? null, name, '');
    }
    if ('getReader' in file || Symbol.asyncIterator in file) {
      if (gathers) {
        const blob = await gather(file);
        return whole(blob, blob.size, filename, contentType);
      }
      return { body: file, isRepeatable: false, size: hints.size ?? null, filename, contentType };
    }
  }
  throw new TypeError('file: must be a File, a Blob, bytes, a stream of bytes, or { uri, name, type }');
}

function whole(
  body: WholeBody,
  size: number | null,
  filename: string | null,
  contentType: string,
): ReadSource {
  return { body, isRepeatable: true, size, filename, contentType };
}

function copyOf(bytes: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes.slice(0));
  return new Uint8Array(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** React Native reads the file itself, from a part of this shape; on Android it fails where the type is missing. */
function nativeForm(file: NativeFile, name: string, contentType: string): FormData {
  const form = new FormData();
  const part: unknown = {
    uri: file.uri,
    name,
    type: contentType || (file.type ?? 'application/octet-stream'),
  };
  // Its FormData takes more than the standard's.
  form.append('file', part as Blob);
  return form;
}

async function gather(stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Blob> {
  if ('getReader' in stream) return await new Response(stream as BodyInit).blob();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const bytes of stream) parts.push(copyOf(bytes));
  return new Blob(parts);
}
