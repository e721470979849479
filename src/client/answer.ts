/** An HTTP answer, whatever brought it, and the error that it tells of: RFC 9457 problems and GraphQL errors. */
import { GridholdClientError } from './client-error.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** A header of the answer, null where it has none or CORS hides it. */
  header(name: string): string | null;
}

/** Of fetch, read to its end. */
export async function answerOf(response: Response): Promise<Answer> {
  return {
    status: response.status,
    body: await response.text(),
    header: (name) => response.headers.get(name),
  };
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The body as a JSON object, or null where it is none. */
export function jsonOf(answer: Answer): JsonObject | null {
  try {
    const value: unknown = JSON.parse(answer.body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** What a REST route answered with other than success. */
export function problemOf(answer: Answer): GridholdClientError {
  const problem = jsonOf(answer);
  if (typeof problem?.['code'] !== 'string') return invalidResponse(answer);
  const { type: _, title, status: __, detail, instance: ___, ...rest } = problem;
  return told(rest, text(detail) ?? text(title), answer);
}

/** The first of GraphQL's errors: its code stands in `extensions`. */
export function graphqlErrorOf(errors: readonly unknown[], answer: Answer): GridholdClientError {
  const [first] = errors;
  const extensions = isObject(first) ? first['extensions'] : null;
  if (!isObject(first) || !isObject(extensions)) return invalidResponse(answer);
  return told(extensions, text(first['message']), answer);
}

/** An answer that did not come from a Gridhold server, such as a proxy's page. */
export function invalidResponse(answer: Answer): GridholdClientError {
  const { status } = answer;
  const isPassing = status === 408 || status === 425 || status === 429 || status >= 500;
  return new GridholdClientError(
    'INVALID_RESPONSE',
    `An answer that is not Gridhold's, with status ${status}`,
    {
      status,
      retryable: isPassing,
      retryAfterMs: retryAfterMs(answer),
    },
  );
}

function told(extensions: JsonObject, message: string | null, answer: Answer): GridholdClientError {
  const { code, retryable, requestId, retryAfter, ...details } = extensions;
  const name = text(code) ?? 'INTERNAL_SERVER_ERROR';
  return new GridholdClientError(name, message ?? name, {
    status: answer.status,
    retryable: retryable === true,
    retryAfterMs: retryAfterMs(answer) ?? (typeof retryAfter === 'number' ? retryAfter * 1_000 : null),
    requestId: text(requestId),
    details,
  });
}

/** Seconds or a date, by RFC 9110 section 10.2.3; null where it says neither. */
function retryAfterMs(answer: Answer): number | null {
  const value = answer.header('retry-after');
  if (value === null) return null;
  const wait = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
