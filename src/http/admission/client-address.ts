/**
 * Whose address a request counts for: the socket's, or, where that is a proxy of ours, what the proxy says. Anybody may
 * write `X-Forwarded-For`, so it is read from the right, where the nearest proxy writes, and only as far as the proxies
 * are trusted. `Forwarded` (RFC 7239) is not read: a proxy that sends it alone is seen as the client.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type Address, isWithin, type Network, parseNetwork } from '../../config/networks.ts';
import type { RequestHead } from '../exchange.ts';

/** One subscriber has at least so much of IPv6 (RFC 6177), and could use another address for each request. */
const subscriberPrefixBits = 64;

/** @returns an IPv4 address, or a network of IPv6; null where the frame did not tell who sends */
export type ReadClientAddress = (head: RequestHead) => string | null;

/** @param trustedProxies addresses and networks, checked by the settings */
export function createClientAddress(trustedProxies: readonly string[]): ReadClientAddress {
  const trusted = trustedProxies.map(trustedNetwork);
  const isTrusted = (address: Address): boolean => trusted.some((network) => isWithin(address, network));

  return (head) => {
    let client = parseAddress(head.peerAddress ?? '');
    if (client === null) return null;
    const forwarded = isTrusted(client) ? (head.header('x-forwarded-for') ?? '').split(',') : [];
    while (isTrusted(client)) {
      // What is no address was not written by a proxy that we trust: nothing before it counts either.
      const next = parseAddress(forwarded.pop() ?? '');
      if (next === null) break;
      client = next;
    }
    return written(client);
  };
}

/** In the one notation that proxies write; some add a port. IPv4 within IPv6 is IPv4 (RFC 4291, section 2.5.5.2). */
function parseAddress(text: string): Address | null {
  const trimmed = text.trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/.exec(trimmed) ?? [];
  const address = (bracketed ?? dotted ?? trimmed).replace(/%.*$/, '');
  return isIP(address) === 0 ? null : ipaddr.process(address);
}

/** An IPv4 network within IPv6 is that network of IPv4: addresses are compared as IPv4, too. */
function trustedNetwork(text: string): Network {
  const [base, prefixBits] = parseNetwork(text);
  const isMapped = base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && prefixBits >= 96;
  return isMapped ? [base.toIPv4Address(), prefixBits - 96] : [base, prefixBits];
}

function written(address: Address): string {
  if (address instanceof ipaddr.IPv4) return address.toString();
  const bytes = address.toByteArray().map((byte, index) => (index < subscriberPrefixBits / 8 ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/${subscriberPrefixBits}`;
}
