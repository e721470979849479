/**
 * One file of a multipart request, in the place of its variable. Staging begins when the variable is coerced for an
 * operation that will run, so that the parts may come in any order and one file may be used twice. An upload that no
 * operation waits for any more is thrown away as it comes: left unread, it would block the parts behind it.
 */
import { GraphQLError } from 'graphql';
import type { Upload } from 'graphql-upload-minimal';
import type { StagedFile } from '../../domain/incoming-bytes.ts';
import { partBytes } from './part-bytes.ts';
import { partFailure } from './part-failure.ts';
import type { UploadSource } from './upload-source.ts';

export class IncomingUpload {
  readonly #upload: Upload;
  readonly #source: UploadSource;
  #staged: Promise<StagedFile> | null = null;
  /** The variables of those operations of the request that may still want it. */
  readonly #claims = new Set<object>();
  /** Places in running operations that take it. */
  #uses = 0;
  #isOpen = false;

  constructor(upload: Upload, source: UploadSource) {
    this.#upload = upload;
    this.#source = source;
  }

  claim(variables: object): void {
    this.#claims.add(variables);
  }

  /** An operation begins to run, and takes the file in so many places. */
  open(uses: number): void {
    this.#isOpen = true;
    this.#uses += uses;
  }

  /** An operation has coerced its variables and left this one out, or never came to run. Safe to repeat. */
  release(variables: object): void {
    if (!this.#claims.delete(variables) || this.#claims.size > 0 || this.#staged) return;
    this.#upload.promise.then((file) => file.createReadStream().resume()).catch(() => undefined);
  }

  /** Begins to stage; later calls change nothing. Variables are also coerced to weigh a query: that begins nothing. */
  begin(): void {
    if (!this.#isOpen || this.#staged) return;
    this.#staged = this.#begin();
    this.#staged.catch(() => undefined);
  }

  /**
   * The stage, with the limit of the one place that takes it. Of several, none may end the stage of another: theirs
   * are held against the size afterwards.
   */
  async staged(maxSize: number | null | undefined): Promise<StagedFile> {
    if (!this.#staged) throw new Error('A file was asked for before its variable was coerced');
    const staged = await this.#staged;
    if (maxSize != null && maxSize >= 0 && this.#uses === 1) staged.limit(maxSize);
    return staged;
  }

  /** The request is over: lets go of what no file took. */
  async discard(): Promise<void> {
    const staged = await this.#staged?.catch(() => null);
    await staged?.discard();
  }

  /** Variables may stand inside of JSON literals, files may not. */
  toJSON(): never {
    throw new GraphQLError('A file can not stand inside of a JSON value.');
  }

  async #begin(): Promise<StagedFile> {
    const source = this.#source;
    const file = await this.#upload.promise.catch((error: unknown) => {
      throw partFailure(error, source.failure());
    });
    const part = file.createReadStream();
    const type = source.typeOf(file.fieldName);
    const staged = source.stage({
      bytes: partBytes(part, source),
      declaredType: type === undefined ? file.mimetype : type,
      declaredLength: null,
      filename: file.filename || null,
      sha256: null,
    });
    // A stage that refuses early leaves the rest of its part: thrown away, it makes room for the parts behind it.
    staged.settled.then(() => part.resume());
    return staged;
  }
}
