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
  // An absolute-form target outranks Host (RFC 9112, section 3.2.2), which then must not say otherwise.
  for (const host of new Set([head.host, head.header('host') ?? head.host])) {
    const name = parseAuthority(host, head.scheme)?.hostname;
    if (name !== undefined && isLoopbackHost(name)) continue;
    if (name !== undefined && settings.publicUrl && name === new URL(settings.publicUrl).hostname) continue;
    throw new GridholdError(
      'FORBIDDEN',
      'Host: neither loopback nor the public URL. Without authentication this server answers to those only; GRIDHOLD_PUBLIC_URL names the second.',
    );
  }
}
