/** The name of a request in log lines, errors and `X-Request-Id`. */
import { randomUUID } from 'node:crypto';

/** A proxy's or client's own is kept where it is short and can stand in a header and a log line as it is. */
export function requestIdOf(incoming: string | null): string {
  return incoming !== null && /^[\w.:+/=@-]{1,128}$/.test(incoming) ? incoming : randomUUID();
}
