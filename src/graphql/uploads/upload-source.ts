/** The contract between one multipart request and its files. It is made in plugins/use-uploads.ts. */
import type { IncomingBytes, StagedFile } from '../../domain/incoming-bytes.ts';

/** What all files of one request share. */
export interface UploadSource {
  /** What ended the body early, if anything did. */
  failure(): Error | null;
  /** What the part of this name says of its file's type: null where nothing, undefined where that is not known. */
  typeOf(name: string): string | null | undefined;
  stage(incoming: IncomingBytes): StagedFile;
  /** Bytes. */
  readonly maxFileSize: number;
}
