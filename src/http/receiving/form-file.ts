/**
 * The one file of a multipart/form-data body (RFC 7578), streamed. Form fields are skipped, within bounds. The bytes end
 * cleanly only when the whole form was read and held no second file: what came before that is not yet a file.
 */
import busboy from 'busboy';
import { type PartTypes, watchPartTypes } from '../../domain/content-type.ts';
import { badInput, GridholdError } from '../../errors/gridhold-error.ts';
import { formDigest } from './form-digest.ts';

/** Beside the file: boundaries, heads of parts, fields, preamble and epilogue. */
export const maxFormOverheadBytes = 1024 * 1024;
/** What may lie between us and the file's reader without having been counted as the file's. */
const inBuffersBytes = 512 * 1024;
const maxFields = 100;

export interface FormFile {
  readonly filename: string | null;
  readonly declaredType: string | null;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface FormReader {
  /** Resolves when the head of the file's part is read. @throws BAD_USER_INPUT, and what the body throws */
  readonly file: Promise<FormFile>;
  /** Lets go of the body, wherever it is. Safe to repeat. */
  stop(): void;
}

interface Part {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly info: busboy.FileInfo;
  readonly declaredType: string | null;
}

/** @throws BAD_USER_INPUT */
export function readForm(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  announcedSha256: string | null,
): FormReader {
  const parser = createParser(contentType);
  const digest = formDigest(announcedSha256);
  let fileBytes = 0;
  let isStopped = false;
  let bodyFailure: { readonly error: unknown } | null = null;
  /** Null once the file's part has begun. */
  let types: PartTypes | null = watchPartTypes(contentType);

  const firstPart = new Promise<Part>((resolve) => {
    parser.on('file', (name: string | undefined, stream, info) => {
      // Its errors reach whoever iterates it; before that they must not end the process.
      stream.on('error', () => undefined);
      const type = types?.typeOf(name ?? '');
      types = null;
      resolve({ stream, info, declaredType: type === undefined ? info.mimeType : type });
    });
  });
  const parsed = new Promise<void>((resolve, reject) => {
    parser.on('error', reject);
    parser.on('close', resolve);
  });
  const finished = Promise.all([pump(), parsed]);
  // Awaited by whoever reads the file; a form that nobody reads may fail unheard.
  finished.catch(() => undefined);

  async function pump(): Promise<void> {
    let received = 0;
    try {
      for await (const chunk of body) {
        if (isStopped) return;
        digest?.addForm(chunk);
        types?.observe(chunk);
        received += chunk.byteLength;
        if (!parser.write(chunk)) await roomIn(parser);
        if (parser.destroyed) return;
        if (received - fileBytes > maxFormOverheadBytes + inBuffersBytes) {
          throw refusal(`more than ${maxFormOverheadBytes} bytes beside the file`);
        }
      }
      parser.end();
    } catch (error) {
      bodyFailure = { error };
      parser.destroy(new Error('The body failed', { cause: error }));
    }
  }

  /** What made the form end: the body's own failure, a refusal of ours, or the parser's complaint. */
  function reasonOf(error: unknown): unknown {
    if (bodyFailure) return bodyFailure.error;
    if (error instanceof GridholdError || !(error instanceof Error)) return error;
    return refusal(error.message);
  }

  function stop(): void {
    isStopped = true;
    parser.destroy();
  }

  async function* bytesOf({ stream, info }: Part): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const chunk of stream) {
        fileBytes += chunk.byteLength;
        digest?.addFile(chunk);
        yield chunk;
      }
      // How browsers send a file input that was left empty.
      if (fileBytes === 0 && info.filename === undefined) throw refusal('no file was chosen');
      await finished;
      digest?.check();
    } catch (error) {
      throw reasonOf(error);
    } finally {
      stop();
    }
  }

  const noFile = finished.then(
    () => Promise.reject(refusal('no file part')),
    (error: unknown) => Promise.reject(reasonOf(error)),
  );
  const file = Promise.race([firstPart, noFile]).then((part) => ({
    filename: part.info.filename ?? null,
    declaredType: part.declaredType,
    bytes: bytesOf(part),
  }));
  file.catch(() => undefined);
  return { file, stop };
}

/** The same library, set up the same way, reads the forms of GraphQL uploads: names come out equal. */
function createParser(contentType: string): busboy.Busboy {
  let parser: busboy.Busboy;
  try {
    parser = busboy({
      headers: { 'content-type': contentType },
      defParamCharset: 'utf8',
      limits: { files: 1, fields: maxFields, parts: maxFields + 10 },
    });
  } catch (error) {
    throw refusal(error instanceof Error ? error.message : 'malformed');
  }
  parser.on('filesLimit', () => parser.destroy(refusal('more than one file part; an upload URL takes one')));
  parser.on('fieldsLimit', () => parser.destroy(refusal(`more than ${maxFields} fields`)));
  parser.on('partsLimit', () => parser.destroy(refusal('too many parts')));
  return parser;
}

function refusal(message: string): GridholdError {
  return badInput(`multipart/form-data: ${message}`);
}

/** Until the parser takes more, or has ended. */
function roomIn(parser: busboy.Busboy): Promise<void> {
  return new Promise((resolve) => {
    if (parser.destroyed) return resolve();
    const settle = (): void => {
      parser.off('drain', settle).off('close', settle);
      resolve();
    };
    parser.on('drain', settle).on('close', settle);
  });
}
