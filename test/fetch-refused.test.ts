/** Requests that strangers would like this server to make: each is refused, and a canary on this machine sees nothing. */
import { networkInterfaces } from 'node:os';
import { afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { createOutbound, type Outbound } from '../src/outbound/outbound.ts';
import { type NameServer, openNameServer } from './support/name-server.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { type Canary, openCanary, openThirdParty, type ThirdParty } from './support/third-party.ts';
import { codeOf, refusalOf } from './support/use-case-input.ts';

/** Allowed by the settings, in place of a public address: what is told there leads inside. */
const outside = '127.0.0.2';

let store: TestGridhold;
let canary: Canary;
let redirecting: ThirdParty;
let fileId: string;

beforeAll(async () => {
  store = await openTestGridhold({ fetchAllow: [outside] });
  canary = await openCanary();
  redirecting = await openThirdParty((request, response) => {
    const to = new URL(request.url ?? '', 'http://outside').searchParams.get('to') ?? '';
    response.writeHead(request.method === 'GET' ? 302 : 307, { Location: to }).end();
  }, outside);
  fileId = (await store.gridhold.store(Buffer.from('bytes'))).id;
});

afterEach(() => {
  expect(canary.connections()).toBe(0);
});

const loopback = [
  ['in dots', '127.0.0.1'],
  ['any other of the network', '127.1.2.3'],
  ['in short', '127.1'],
  ['as one number', '2130706433'],
  ['in hexadecimal', '0x7f000001'],
  ['in hexadecimal parts', '0x7f.0.0.0x1'],
  ['in octal', '017700000001'],
  ['in octal parts', '0177.0.0.01'],
  ['with the root’s dot', '127.0.0.1.'],
  ['percent-encoded', '%31%32%37.0.0.1'],
  ['in full-width digits', '１２７.０.０.１'],
  ['in circled digits', '①②⑦.⓪.⓪.①'],
  ['with ideographic dots', '127。0。0。1'],
  ['as this host', '0.0.0.0'],
  ['as zero', '0'],
  ['of IPv6', '[::1]'],
  ['of IPv6 in full', '[0000:0000:0000:0000:0000:0000:0000:0001]'],
  ['unspecified of IPv6', '[::]'],
  ['IPv4-mapped', '[::ffff:127.0.0.1]'],
  ['IPv4-mapped in hexadecimal', '[::ffff:7f00:1]'],
  ['IPv4-compatible', '[::127.0.0.1]'],
  ['translated (SIIT)', '[::ffff:0:127.0.0.1]'],
  ['in NAT64', '[64:ff9b::127.0.0.1]'],
  ['in local NAT64', '[64:ff9b:1::7f00:1]'],
  ['in 6to4', '[2002:7f00:1::1]'],
  ['in Teredo', '[2001:0:7f00:1::1]'],
  ['by name', 'localhost'],
  ['by name in capitals', 'LOCALHOST'],
  ['by name with the root’s dot', 'localhost.'],
] as const;

const elsewhere = [
  ['the metadata of a cloud', '169.254.169.254'],
  ['the metadata of a cloud as a number', '2852039166'],
  ['the metadata of a cloud by IPv6', '[fd00:ec2::254]'],
  ['the metadata of a cloud, IPv4-mapped', '[::ffff:169.254.169.254]'],
  ['the metadata of a cloud in shared space', '100.100.100.200'],
  ['the metadata of a cloud at a protocol’s address', '192.0.0.192'],
  ['the host of a cloud at a public number', '168.63.129.16'],
  ['a private address', '10.0.0.1'],
  ['another private address', '172.31.255.255'],
  ['a third private address', '192.168.1.1'],
  ['a carrier’s address', '100.64.0.1'],
  ['a benchmark’s address', '198.19.0.1'],
  ['documentation', '203.0.113.7'],
  ['multicast', '224.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['a reserved address', '240.0.0.1'],
  ['a relay of 6to4', '192.88.99.1'],
  ['unique local', '[fc00::1]'],
  ['link-local', '[fe80::1]'],
  ['site-local', '[fec0::1]'],
  ['multicast of IPv6', '[ff02::1]'],
  ['documentation of IPv6', '[2001:db8::1]'],
  ['newer documentation of IPv6', '[3fff::1]'],
  ['the discard prefix', '[100::1]'],
  ['segment routing', '[5f00::1]'],
] as const;

/** This machine by the addresses that it has on its networks, where these are not public ones. */
const own = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .filter(({ address }) => /^(10|172\.(1[6-9]|2\d|3[01])|192\.168|127|100\.64|169\.254)\./.test(address))
  .map(({ address }) => ['of this machine', address] as const);

describe.each([...loopback, ...elsewhere, ...own])('an address %s: %s', (_, host) => {
  const url = `http://${host}:`;

  it('is not fetched from', async () => {
    const refusal = await refusalOf(store.gridhold.storeFromUrl(`${url}${canary.port}/`));
    expect(refusal?.code).toBe('FETCH_REFUSED');
    expect(refusal?.message).toContain(new URL(`${url}${canary.port}/`).host);
  });

  it('is not sent to', async () => {
    expect(await codeOf(store.gridhold.send(fileId, { url: `${url}${canary.port}/` }))).toBe('FETCH_REFUSED');
  });

  it('is not followed to', async () => {
    // A header is ASCII; what is percent-encoded in a host counts as what it stands for.
    const inside = `${url}${canary.port}/`.replace(/\P{ASCII}/gu, encodeURIComponent);
    const to = `${redirecting.url}/?to=${encodeURIComponent(inside)}`;
    expect(await codeOf(store.gridhold.storeFromUrl(to))).toBe('FETCH_REFUSED');
    expect(await codeOf(store.gridhold.send(fileId, { url: to }))).toBe('FETCH_REFUSED');
  });
});

test.each([
  ['file:///etc/passwd', 'FETCH_REFUSED'],
  ['ftp://127.0.0.2/x', 'FETCH_REFUSED'],
  ['gopher://127.0.0.2:6379/_FLUSHALL', 'FETCH_REFUSED'],
  ['data:text/plain,x', 'FETCH_REFUSED'],
  ['javascript:1', 'FETCH_REFUSED'],
  ['http://user:secret@127.0.0.2/', 'FETCH_REFUSED'],
  ['http://127.0.0.2@127.0.0.1/', 'FETCH_REFUSED'],
  ['http://[fe80::1%25lo]/', 'BAD_USER_INPUT'],
  ['http://1.2.3.4.5/', 'BAD_USER_INPUT'],
  ['http://0x100000000/', 'BAD_USER_INPUT'],
  ['/etc/passwd', 'BAD_USER_INPUT'],
  ['http:', 'BAD_USER_INPUT'],
])('%s is not asked: %s', async (url, code) => {
  expect(await codeOf(store.gridhold.storeFromUrl(url))).toBe(code);
  expect(await codeOf(store.gridhold.send(fileId, { url }))).toBe(code);
});

test.each(['file:///etc/passwd', 'ftp://127.0.0.2/', 'http://user:secret@127.0.0.2/', 'data:,x'])(
  'a redirect to %s is not followed',
  async (to) => {
    const url = `${redirecting.url}/?to=${encodeURIComponent(to)}`;
    const refusal = await refusalOf(store.gridhold.storeFromUrl(url));
    expect(refusal?.code).toBe('FETCH_REFUSED');
    expect(refusal?.message).not.toContain('secret');
  },
);

test('an unknown name is told as one that leads inside: no answer tells which names there are', async () => {
  const known = await refusalOf(store.gridhold.storeFromUrl(`http://localhost:${canary.port}/`));
  const unknown = await refusalOf(store.gridhold.storeFromUrl('http://nothing-here.invalid/'));
  expect(unknown?.code).toBe(known?.code);
  expect(unknown?.message.replace('nothing-here.invalid', '')).toBe(
    known?.message.replace(`localhost:${canary.port}`, ''),
  );
});

test('a canary sees what the settings open, by address, network and name', async () => {
  const other = await openCanary();
  for (const [allowed, host] of [
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.0/8', '2130706433'],
    ['::1/128', '[::1]'],
    ['localhost', 'LOCALHOST'],
  ] as const) {
    const outbound = createOutbound({ fetchAllow: [allowed], fetchTimeoutMs: 10_000 });
    const before = other.connections();
    const url = new URL(`http://${host}:${other.port}/`);
    const code = await codeOf(outbound.fetchFile(url, new AbortController().signal, async () => undefined));
    expect([code, other.connections() - before], allowed).toEqual(['OK', 1]);
  }
});

describe('names that lead inside', () => {
  const zone: Readonly<Record<string, readonly string[]>> = {
    'inside.test': ['127.0.0.1'],
    'inside6.test': ['::1'],
    'mapped.test': ['::ffff:127.0.0.1'],
    'nat64.test': ['64:ff9b::7f00:1'],
    'this-host.test': ['0.0.0.0'],
    'private.test': ['10.0.0.1', 'fd00::1'],
    'metadata.test': ['169.254.169.254'],
    'several.test': ['127.0.0.1', '10.0.0.1', '::1', 'fe80::1'],
    'mixed.test': ['127.0.0.1', outside, '::1'],
    'outside.test': [outside],
  };
  let names: NameServer;
  let outbound: Outbound;

  beforeAll(async () => {
    names = await openNameServer((name, nth) => {
      if (name.endsWith('rebinding.test')) return [nth === 1 ? outside : '127.0.0.1'];
      return zone[name] ?? [];
    });
    outbound = createOutbound({ fetchAllow: [outside], fetchTimeoutMs: 10_000, lookUp: names.lookUp });
  });

  async function fetched(url: string): Promise<string> {
    const { signal } = new AbortController();
    return await outbound.fetchFile(new URL(url), signal, async ({ bytes }) => {
      let text = '';
      for await (const piece of bytes) text += Buffer.from(piece).toString();
      return text;
    });
  }

  it.each(Object.keys(zone).filter((name) => !['mixed.test', 'outside.test'].includes(name)))(
    '%s is refused, and no address is told',
    async (name) => {
      const refusal = await refusalOf(fetched(`http://${name}:${canary.port}/`));
      expect(refusal?.code).toBe('FETCH_REFUSED');
      expect(refusal?.message).toContain(name);
      for (const address of zone[name] ?? []) expect(refusal?.message).not.toContain(address);
      expect(names.lookUps(name)).toBe(1);
    },
  );

  it('of several addresses, only those that may be reached are tried', async () => {
    const party = await openThirdParty((_request, response) => response.end('outside'), outside);
    expect(await fetched(`http://mixed.test:${party.port}/`)).toBe('outside');
    expect(party.asked).toEqual(['GET /']);
  });

  it('a name that leads elsewhere at the next look-up gains nothing: what was judged is what is connected to', async () => {
    const party = await openThirdParty((_request, response) => response.end('outside'), outside);
    expect(await fetched(`http://rebinding.test:${party.port}/`)).toBe('outside');
    expect(names.lookUps('rebinding.test')).toBe(1);
    expect(await codeOf(fetched(`http://rebinding.test:${canary.port}/`))).toBe('FETCH_REFUSED');
    expect(names.lookUps('rebinding.test')).toBe(2);
  });

  it('nor does it by a redirect to itself', async () => {
    const party = await openThirdParty((_request, response) => {
      response.writeHead(302, { Location: `http://once.rebinding.test:${canary.port}/` }).end();
    }, outside);
    expect(await codeOf(fetched(`http://once.rebinding.test:${party.port}/`))).toBe('FETCH_REFUSED');
    expect(party.asked).toEqual(['GET /']);
  });

  it('a redirect to such a name is refused', async () => {
    const to = encodeURIComponent(`http://inside.test:${canary.port}/`);
    expect(await codeOf(fetched(`http://outside.test:${redirecting.port}/?to=${to}`))).toBe('FETCH_REFUSED');
  });
});
