/**
 * With no authentication, whoever reaches us is admin. A page whose name is made to resolve to loopback (DNS
 * rebinding) reaches us from any browser on this machine, but under its own name in `Host`: that is refused.
 */
import { isLoopbackHost } from '../config/loopback.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { parseAuthority } from './authority.ts';
import type { RequestHead } from './exchange.ts';
import type { HttpSettings } from './http-settings.ts';

/** @throws FORBIDDEN */
export function checkHost(head: RequestHead, settings: HttpSettings): void {
  if (settings.auth !== 'none') return;
  for (const name of hostnames(head)) {
    if (name !== undefined && isLoopbackHost(name)) continue;
    if (name !== undefined && settings.publicUrl && name === new URL(settings.publicUrl).hostname) continue;
    throw new GridholdError(
      'FORBIDDEN',
      'Host: neither loopback nor the public URL. Without authentication this server answers to those only; GRIDHOLD_PUBLIC_URL names the second.',
    );
  }
}

/**
 * For what acts for its caller. An app that never said who may do what may have mounted all routes where everybody
 * reaches them. Anybody may send `Host: localhost`, so whoever is connected counts too.
 * @throws FORBIDDEN
 */
export function checkDecided(head: RequestHead, settings: HttpSettings): void {
  if (!settings.isAuthUndecided) return;
  const isPublic = settings.publicUrl !== null && !isLoopbackHost(new URL(settings.publicUrl).hostname);
  // By fetch, nobody may have said who is connected: an app that has no public address is then believed to be near.
  const isNear = head.peerAddress === null ? !isPublic : isLoopbackHost(head.peerAddress);
  if (isNear && hostnames(head).every((name) => name !== undefined && isLoopbackHost(name))) return;
  throw new GridholdError(
    'FORBIDDEN',
    "Whoever reaches this from elsewhere would be admin: createGridhold was given no auth. Give auth: ['keys'] or ['jwt'], or 'none' if nobody else can reach it.",
  );
}

/** An absolute-form target outranks Host (RFC 9112, section 3.2.2), which then must not say otherwise. */
function hostnames(head: RequestHead): (string | undefined)[] {
  const hosts = new Set([head.host, head.header('host') ?? head.host]);
  return [...hosts].map((host) => parseAuthority(host, head.scheme)?.hostname);
}
