/** The headers of a whole answer: what every answer to the request has, what the route said, and the length. */
import type { Answer, AnswerHeaders } from './exchange.ts';

/** Statuses that have no body: RFC 9110, sections 15.3.5 and 15.4.5. */
export const bodilessStatuses: ReadonlySet<number> = new Set([204, 304]);

export function completeHeaders(answer: Answer, common: AnswerHeaders): Record<string, string> {
  const headers: Record<string, string> = { ...common, ...answer.headers };
  const vary = joined(common['Vary'], answer.headers['Vary']);
  if (vary !== null) headers['Vary'] = vary;
  if (headers['Content-Length'] === undefined && !bodilessStatuses.has(answer.status)) {
    if (answer.body === null) headers['Content-Length'] = '0';
    else if (answer.body instanceof Uint8Array) headers['Content-Length'] = String(answer.body.byteLength);
  }
  return headers;
}

/** One list of what an answer varies by: the edge and the route each know a part (RFC 9110, section 12.5.5). */
export function joined(...lists: readonly (string | null | undefined)[]): string | null {
  const given = lists.filter((names) => names != null && names !== '');
  return given.length > 0 ? given.join(', ') : null;
}
