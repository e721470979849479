/**
 * Whom the client asked (`Host`), and for whom a page asks (`Origin`). Browsers set both, and pages cannot change
 * them: that is what the checks of host-check.ts and origin-policy.ts rest on.
 */

/** `host[:port]` as browsers normalise it, or null where it is not one (RFC 9110, section 7.2). */
export function parseAuthority(host: string | null, scheme: string): URL | null {
  if (host === null || !/^[^\s/?#@\\]+$/.test(host)) return null;
  try {
    return new URL(`${scheme}://${host}`);
  } catch {
    return null;
  }
}

/** An origin other than `null` (RFC 6454, section 6.2). */
export function parseOrigin(origin: string): URL | null {
  const scheme = /^([a-z][a-z\d+.-]*):\/\/(.+)$/i.exec(origin);
  return scheme?.[1] && scheme[2] ? parseAuthority(scheme[2], scheme[1].toLowerCase()) : null;
}
