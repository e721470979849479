/**
 * `Expect: 100-continue` (RFC 9110, section 10.1.1). A server with a `checkContinue` listener leaves the answer to it to
 * whoever reads the body; without one, node has sent `100 Continue` before anybody is called. Kept beside the response,
 * so that it holds however many hands the pair goes through on its way here.
 */
import type { ServerResponse } from 'node:http';

const unanswered = new WeakSet<ServerResponse>();

/** The client waits, and nobody has told it to go on. */
export function expectContinue(response: ServerResponse): void {
  unanswered.add(response);
}

export function awaitsContinue(response: ServerResponse): boolean {
  return unanswered.has(response);
}
