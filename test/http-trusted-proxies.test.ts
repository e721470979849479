/** Whose address a request counts for, behind proxies that are trusted and from others that only say so. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createClientAddress } from '../src/http/admission/client-address.ts';
import { type Service, startService } from './support/service.ts';

function addressOf(
  trusted: readonly string[],
  peerAddress: string | null,
  forwarded: string | null,
): string | null {
  return createClientAddress(trusted)({
    method: 'GET',
    path: '/',
    search: '',
    host: null,
    scheme: 'http',
    peerAddress,
    header: (name) => (name === 'x-forwarded-for' ? forwarded : null),
  });
}

const proxies = ['10.0.0.0/8', '2001:db8:aaaa::/48', '192.0.2.1', '::ffff:198.18.0.0/111'];

describe('the address of a client', () => {
  it.each<[string, string | null, string | null, string | null]>([
    ['is the socket’s without a header', '203.0.113.7', null, '203.0.113.7'],
    [
      'is the socket’s where it is no proxy of ours, whatever is claimed',
      '203.0.113.7',
      '1.2.3.4',
      '203.0.113.7',
    ],
    ['is what a trusted proxy says', '10.1.2.3', '203.0.113.7', '203.0.113.7'],
    ['is the last that no trusted proxy is', '10.1.2.3', '1.2.3.4, 203.0.113.7, 192.0.2.1', '203.0.113.7'],
    ['is not what the client wrote before the proxy did', '10.1.2.3', '10.9.9.9, 203.0.113.7', '203.0.113.7'],
    ['is the farthest proxy where all are trusted', '10.1.2.3', '10.4.4.4, 10.5.5.5', '10.4.4.4'],
    ['is the proxy where it says nothing', '10.1.2.3', '', '10.1.2.3'],
    ['is the last proxy before what is no address', '10.1.2.3', '1.2.3.4, unknown, 10.5.5.5', '10.5.5.5'],
    ['is the proxy where it says nonsense', '10.1.2.3', '127.1', '10.1.2.3'],
    ['is not an octal or a short form of one', '10.1.2.3', '0177.0.0.1', '10.1.2.3'],
    ['may come with a port', '10.1.2.3', '203.0.113.7:4711', '203.0.113.7'],
    ['may come in brackets, with a port', '10.1.2.3', '[2001:db8::7]:4711', '2001:db8::/64'],
    ['of IPv6 is its network', '2001:db8:1:2:3:4:5:6', null, '2001:db8:1:2::/64'],
    ['of IPv6 is the same for another host of it', '2001:db8:1:2::1', null, '2001:db8:1:2::/64'],
    ['of IPv4 within IPv6 is that of IPv4', '::ffff:203.0.113.7', null, '203.0.113.7'],
    ['of a proxy may be IPv4 within IPv6', '::ffff:10.1.2.3', '203.0.113.7', '203.0.113.7'],
    ['of a proxy may be IPv6', '2001:db8:aaaa::1', '203.0.113.7', '203.0.113.7'],
    ['of a proxy may be told as IPv4 within IPv6', '198.19.0.1', '203.0.113.7', '203.0.113.7'],
    ['has no zone', 'fe80::1%eth0', null, 'fe80::/64'],
    ['is none where the frame tells none', null, '203.0.113.7', null],
  ])('%s', (_words, peer, forwarded, expected) => {
    expect(addressOf(proxies, peer, forwarded)).toBe(expected);
  });

  it('takes no time to speak of from a header as long as headers may be', () => {
    const before = process.cpuUsage();
    expect(addressOf(['0.0.0.0/0'], '10.0.0.1', '10.0.0.2,'.repeat(1_600))).toBe('10.0.0.1');
    expect(addressOf(['0.0.0.0/0'], '10.0.0.1', `9.9.9.9${',10.0.0.2'.repeat(1_600)}`)).toBe('9.9.9.9');
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});

describe('a service that trusts no proxy', () => {
  let service: Service;
  const asked = async (address: string): Promise<number> =>
    (await fetch(`${service.url}/files/none`, { headers: { 'x-forwarded-for': address } })).status;

  beforeAll(async () => {
    service = await startService({ GRIDHOLD_ADDRESS_RATE_LIMIT: '5' });
  });

  it('counts by the socket, so that a client can not be somebody else at each request', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 8; index++) statuses.push(await asked(`198.51.100.${index}`));
    expect(statuses).toEqual([404, 404, 404, 404, 404, 429, 429, 429]);
  });
});
