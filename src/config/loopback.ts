/** Tells addresses that only this machine reaches from those that others may. */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
// RFC 1122, section 3.2.1.3 (g), and RFC 4291, section 2.5.3.
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Takes an address, with or without the brackets of a URL, or a name. Names other than `localhost` may be anything. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  const family = isIP(name);
  // RFC 6761, section 6.3: localhost is loopback, and so is everything under it.
  if (family === 0) return name === 'localhost' || name.endsWith('.localhost');
  return loopback.check(name, family === 6 ? 'ipv6' : 'ipv4');
}
