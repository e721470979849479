/** Addresses and CIDR blocks (RFC 4632, section 3.1), as settings name them. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Network = readonly [base: Address, prefixBits: number];

/** Null where it is no address in full notation; a zone (`%eth0`) is left out. */
export function parseAddress(text: string): Address | null {
  return isIP(text) === 0 ? null : ipaddr.parse(text.replace(/%.*$/, ''));
}

/** @param text an address, or a network with its prefix, checked by the settings */
export function parseNetwork(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text.replace(/%.*$/, ''));
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Families are kept apart: an IPv4 address within IPv6 is no IPv4 address here. */
export function isWithin(address: Address, [base, prefixBits]: Network): boolean {
  return address.kind() === base.kind() && address.match(base, prefixBits);
}
