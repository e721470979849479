/** The forms in which a platform holds a file, and the one in which it is sent. */
import { type ByteStream, openByteStream } from './byte-stream.ts';

/** React Native's own: what its pickers and cameras give. */
export interface NativeFile {
  readonly uri: string;
  readonly name?: string | null | undefined;
  readonly type?: string | null | undefined;
}

/**
 * A `File` or `Blob`, bytes, a stream of bytes (Node's `Readable` is one), or React Native's `{ uri, name, type }`. A
 * stream is sent once, and closed whatever comes of it. In browsers, which can't send one, it is gathered first.
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
  readonly body: WholeBody | ByteStream;
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
 * Of a missing `Content-Length`, Number makes NaN: the failure would look like the network's.
 * @throws RangeError where it is no number of bytes
 */
export function checkSize(size: number | undefined): void {
  if (size === undefined || (Number.isSafeInteger(size) && size >= 0)) return;
  throw new RangeError('size: must be a whole number of bytes');
}

/**
 * Bytes are copied, so that repeats send what was given, whatever becomes of the buffer meanwhile.
 * @throws TypeError where it is none of the forms
 */
export function readSource(file: FileSource, hints: SourceHints): ReadSource {
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
      const name = filename ?? (file.name || file.uri.split(/[?#]/)[0]?.split('/').pop() || 'file');
      return whole(nativeForm(file, name, contentType), hints.size ?? null, name, '');
    }
    if ('getReader' in file || Symbol.asyncIterator in file) {
      const body = openByteStream(file);
      return { body, isRepeatable: false, size: hints.size ?? null, filename, contentType };
    }
  }
  throw unknownForm();
}

/** For platforms that can't send a stream. What was a stream can then be sent again. */
export async function gathered(source: ReadSource): Promise<ReadSource> {
  const { body, size, filename, contentType } = source;
  if (!('next' in body)) return source;
  const parts: BlobPart[] = [];
  for (let bytes = await body.next(); bytes; bytes = await body.next()) parts.push(copyOf(bytes));
  const blob = new Blob(parts);
  if (size !== null && blob.size !== size) throw otherSize(blob.size > size, size);
  return whole(blob, blob.size, filename, contentType);
}

export function otherSize(isMore: boolean, size: number): RangeError {
  return new RangeError(`size: the stream has ${isMore ? 'more' : 'fewer'} bytes than ${size}`);
}

function unknownForm(): TypeError {
  return new TypeError('file: must be a File, a Blob, bytes, a stream of bytes, or { uri, name, type }');
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
  // Its FormData takes more than the standard's, which would send the text "[object Object]".
  form.append('file', part as Blob);
  if (typeof form.get === 'function' && typeof form.get('file') === 'string') throw unknownForm();
  return form;
}
