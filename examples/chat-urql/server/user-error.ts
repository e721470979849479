/** An error that a user may see: a status for HTTP, a code for programs, and words for people. */

export class UserError extends Error {
  override readonly name = 'UserError';
  readonly status: number;
  readonly code: string;
  /** Machine-readable, beside the code. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}
