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

const mostAuthorCharacters = 50;

/** @throws UserError */
export function checkAuthor(author: string | null): string {
  const name = author?.trim() ?? '';
  const characters = [...name].length;
  if (characters >= 1 && characters <= mostAuthorCharacters) return name;
  const words =
    characters === 0
      ? 'Say who sends this: author is missing.'
      : `author: a name may have up to ${mostAuthorCharacters} characters.`;
  throw new UserError(400, 'BAD_USER_INPUT', words);
}
