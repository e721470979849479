/**
 * CORS (Fetch Standard), and who may ask at all. Bytes are for pages of any origin unless the settings narrow them.
 * What acts for the caller, GraphQL and POST /files, is for named origins, and is refused to others before anything is
 * done: a browser would only hide the answer from them.
 */
import { isLoopbackHost } from '../config/loopback.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { parseAuthority, parseOrigin } from './authority.ts';
import type { Answer, AnswerHeaders, RequestHead } from './exchange.ts';
import type { HttpSettings } from './http-settings.ts';

/**
 * `bytes`: any origin may read · `uploads`: any may send · `named`: origins that the settings name · `probes`: any, and
 * nobody asks who it is · `operators`: origins as `named`, for whoever watches over the service.
 */
export type Audience = 'bytes' | 'uploads' | 'named' | 'probes' | 'operators';

const exposedHeaders = [
  'Location',
  'ETag',
  'Content-Range',
  'Content-Disposition',
  'Repr-Digest',
  'Retry-After',
  'Accept-Ranges',
  'X-Request-Id',
].join(', ');

export interface OriginVerdict {
  /** For every answer to this request, errors included. */
  readonly headers: AnswerHeaders;
  readonly refusal: GridholdError | null;
}

export function judgeOrigin(head: RequestHead, audience: Audience, settings: HttpSettings): OriginVerdict {
  const isNamed = audience === 'named' || audience === 'operators';
  const narrowed = isNamed || settings.corsOrigins !== null;
  if (!narrowed) return { headers: allow('*'), refusal: null };
  const origin = head.header('origin');
  // Answers differ by origin: a shared cache must not give one's to another.
  if (origin === null) {
    const isForeign = isNamed && isLoadedByForeignPage(head);
    return { headers: { Vary: 'Origin' }, refusal: isForeign ? refuseForeign() : null };
  }
  if (isAllowed(origin, head, settings))
    return { headers: { ...allow(origin), Vary: 'Origin' }, refusal: null };
  return {
    headers: { Vary: 'Origin' },
    refusal: audience === 'uploads' || isNamed ? refuse(origin) : null,
  };
}

function allow(origin: string): AnswerHeaders {
  return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': exposedHeaders };
}

/**
 * An `<img>` or a `<script>` says no origin, only where it stands (Fetch Metadata, section 2.4): its page may not read
 * the answer, but measure how long it took. Links lead here from anywhere.
 */
function isLoadedByForeignPage(head: RequestHead): boolean {
  return head.header('sec-fetch-site') === 'cross-site' && head.header('sec-fetch-dest') !== 'document';
}

function refuseForeign(): GridholdError {
  return new GridholdError('FORBIDDEN', 'Sec-Fetch-Site: pages of other sites may not load this');
}

function refuse(origin: string): GridholdError {
  const shown = origin.length > 100 ? `${origin.slice(0, 100)}…` : origin;
  return new GridholdError(
    'FORBIDDEN',
    `Origin: ${shown} is not allowed; GRIDHOLD_CORS_ORIGINS names those that are`,
  );
}

function isAllowed(origin: string, head: RequestHead, settings: HttpSettings): boolean {
  const parsed = parseOrigin(origin);
  if (parsed === null) return false;
  const isWeb = parsed.protocol === 'http:' || parsed.protocol === 'https:';
  if (isWeb && isSameOrigin(parsed, head, settings)) return true;
  if (settings.corsOrigins !== null) return settings.corsOrigins.includes(origin.toLowerCase());
  return settings.auth === 'none' && isWeb && isLoopbackHost(parsed.hostname);
}

/** The scheme is not compared: a proxy that ends TLS hides it from us. */
function isSameOrigin(origin: URL, head: RequestHead, settings: HttpSettings): boolean {
  if (settings.publicUrl !== null && new URL(settings.publicUrl).host === origin.host) return true;
  const own = parseAuthority(head.host, origin.protocol.slice(0, -1));
  return own !== null && own.host !== '' && own.host === origin.host;
}

/** The answer to OPTIONS, preflight or not. */
export function preflightAnswer(head: RequestHead, methods: readonly string[]): Answer {
  const allowed = methods.join(', ');
  const requested = head.header('access-control-request-headers');
  const headers: Record<string, string> = { Allow: allowed };
  if (head.header('access-control-request-method') !== null) {
    headers['Access-Control-Allow-Methods'] = allowed;
    // Echoed, because `*` leaves Authorization out.
    if (requested !== null) headers['Access-Control-Allow-Headers'] = requested;
    // Two hours: the most that Chromium keeps.
    headers['Access-Control-Max-Age'] = '7200';
  }
  return { status: 204, headers, body: null };
}
