/**
 * Errors of every make, read into one form: of `gridhold/client`, of Apollo and urql, and an app's own problem+json. By
 * their shape, so that a page loads none of these for the others' sake.
 */

export interface KnownError {
  /** Null where nobody gave one. */
  readonly code: string | null;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

export function knownErrorOf(error: unknown): KnownError {
  if (!isFields(error)) return { code: null, message: textOf(error), details: {} };
  // Of Apollo, and of urql.
  const [first] = [error['errors'], error['graphQLErrors']].flat().filter(isFields);
  if (first) {
    const extensions = isFields(first['extensions']) ? first['extensions'] : {};
    return { code: codeOf(extensions), message: textOf(first['message']), details: extensions };
  }
  const network = error['networkError'];
  if (network !== undefined && network !== null) {
    return { code: 'NETWORK_ERROR', message: textOf(error['message']), details: {} };
  }
  // GridholdClientError has its details apart; a problem has them beside its code.
  const details = isFields(error['details']) ? error['details'] : error;
  const message = textOf(error['message'] ?? error['detail'] ?? error['title']);
  return { code: codeOf(error) ?? codeOfTransport(error), message, details };
}

function codeOf({ code }: Fields): string | null {
  return typeof code === 'string' && code !== '' ? code : null;
}

/** `fetch` rejects with a TypeError whose message each browser words as it likes; Apollo passes it on. */
function codeOfTransport(error: Fields): string | null {
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) return 'NETWORK_ERROR';
  if (typeof error['statusCode'] !== 'number') return null;
  return error['statusCode'] >= 500 ? 'INTERNAL_SERVER_ERROR' : 'INVALID_RESPONSE';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
