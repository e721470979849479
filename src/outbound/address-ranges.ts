/**
 * Which addresses are global unicast: what strangers may make this server connect to. By the special-purpose registries
 * of IANA (RFC 6890), and stricter where an address only wraps another. What a setting opens besides is allowed-targets.ts's.
 */
import { type Address, isWithin, type Network, parseNetwork } from '../config/networks.ts';

const closedIpv4: readonly Network[] = networks([
  '0.0.0.0/8', // this network (RFC 791)
  '10.0.0.0/8', // private (RFC 1918)
  '100.64.0.0/10', // carriers' shared space (RFC 6598); a cloud's metadata at 100.100.100.200
  '127.0.0.0/8', // loopback (RFC 1122)
  '168.63.129.16/32', // a public address by its number, and Azure's host by what answers it
  '169.254.0.0/16', // link-local (RFC 3927); most clouds' metadata
  '172.16.0.0/12', // private (RFC 1918)
  '192.0.0.0/24', // protocol assignments (RFC 6890); a cloud's metadata at 192.0.0.192
  '192.0.2.0/24', // documentation (RFC 5737)
  '192.31.196.0/24', // AS112 (RFC 7535)
  '192.52.193.0/24', // AMT relays (RFC 7450)
  '192.88.99.0/24', // 6to4 relays (RFC 7526)
  '192.168.0.0/16', // private (RFC 1918)
  '192.175.48.0/24', // AS112 (RFC 7534)
  '198.18.0.0/15', // benchmarks (RFC 2544)
  '198.51.100.0/24', // documentation (RFC 5737)
  '203.0.113.0/24', // documentation (RFC 5737)
  '224.0.0.0/4', // multicast (RFC 5771)
  '240.0.0.0/4', // reserved, and broadcast (RFC 1112, RFC 919)
]);

/**
 * All that is global unicast so far (RFC 4291, section 2.4). Outside of it lie loopback, the unspecified address,
 * IPv4-mapped and IPv4-compatible ones, NAT64 (RFC 6052, RFC 8215), unique local, link-local, site-local and multicast.
 */
const openIpv6 = parseNetwork('2000::/3');

const closedIpv6: readonly Network[] = networks([
  '2001::/23', // protocol assignments (RFC 2928): Teredo, benchmarks, AMT, AS112, ORCHID
  '2001:db8::/32', // documentation (RFC 3849)
  '2002::/16', // 6to4 (RFC 3056): wraps an IPv4 address
  '2620:4f:8000::/48', // AS112 (RFC 7534)
  '3ffe::/16', // 6bone, given back (RFC 3701)
  '3fff::/20', // documentation (RFC 9637)
]);

export function isGlobalUnicast(address: Address): boolean {
  const isOf = (network: Network): boolean => isWithin(address, network);
  return address.kind() === 'ipv4' ? !closedIpv4.some(isOf) : isOf(openIpv6) && !closedIpv6.some(isOf);
}

function networks(texts: readonly string[]): readonly Network[] {
  return texts.map(parseNetwork);
}
