/** Which addresses are global unicast, held against an independent reading of the registries, and what settings open. */
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it, test } from 'vitest';
import { parseAddress } from '../src/config/networks.ts';
import { isGlobalUnicast } from '../src/outbound/address-ranges.ts';
import { allowedTargets } from '../src/outbound/allowed-targets.ts';
import { createSystemLookUp, type ResolvedAddress } from '../src/outbound/look-up.ts';

const nothing = allowedTargets([]);

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '93.184.215.14',
  '168.63.129.17',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '2a00:1450:4001::1',
])('%s is public', (address) => expect(nothing.hasAddress(address)).toBe(true));

test('the first and the last address of every closed network are closed, and those beside it are as they are', () => {
  const edges: readonly (readonly [string, boolean])[] = [
    ['9.255.255.255', true],
    ['10.0.0.0', false],
    ['10.255.255.255', false],
    ['11.0.0.0', true],
    ['126.255.255.255', true],
    ['127.0.0.0', false],
    ['127.255.255.255', false],
    ['128.0.0.0', true],
    ['169.253.255.255', true],
    ['169.254.0.0', false],
    ['169.254.255.255', false],
    ['169.255.0.0', true],
    ['198.17.255.255', true],
    ['198.18.0.0', false],
    ['198.19.255.255', false],
    ['198.20.0.0', true],
    ['224.0.0.0', false],
    ['255.255.255.255', false],
    ['1fff:ffff::', false],
    ['2000::', true],
    ['2001:1ff:ffff::', false],
    ['2001:200::', true],
    ['2001:db7:ffff::', true],
    ['2001:db8::', false],
    ['2001:db9::', true],
    ['2002::', false],
    ['2002:ffff:ffff::', false],
    ['2003::', true],
    ['3fff:fff:ffff::', false],
    ['3fff:1000::', true],
    ['4000::', false],
  ];
  expect(edges.filter(([address, isOpen]) => nothing.hasAddress(address) !== isOpen)).toEqual([]);
});

test('no address is public that ipaddr.js puts into any special range, and none in another notation', () => {
  const ipv4 = fc.ipV4();
  const within2000 = fc.tuple(fc.integer({ min: 0x2000, max: 0x3fff }), fc.ipV6()).map(
    ([first, address]) =>
      `${first.toString(16)}${ipaddr
        .parse(address)
        .toNormalizedString()
        .replace(/^[^:]*/, '')}`,
  );
  fc.assert(
    fc.property(fc.oneof(ipv4, fc.ipV6(), within2000), (text) => {
      const address = parseAddress(text);
      if (address === null) throw new Error(`${text} is an address`);
      if (isGlobalUnicast(address)) expect(address.range(), text).toBe('unicast');
    }),
    { numRuns: 3_000 },
  );
  for (const text of ['127.1', '0x8080808', '134744072', '010.8.8.8', '8.8.8.8.', '', 'public.example'])
    expect(nothing.hasAddress(text), text).toBe(false);
});

test('an IPv4 address that an IPv6 one wraps is never looked at: the whole is closed', () => {
  for (const address of [
    '::ffff:8.8.8.8',
    '::8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
    '2001:0:808:808::',
  ])
    expect(nothing.hasAddress(address), address).toBe(false);
});

test('a setting opens addresses, networks of their own family, and names with all their addresses', () => {
  const opened = allowedTargets([
    '10.1.0.0/16',
    '192.168.7.7',
    'fd00:1::/32',
    'api.internal',
    '*.svc.local',
    'fe80::1%eth0',
  ]);
  const addresses = ['10.1.2.3', '192.168.7.7', 'fd00:1:2::3', 'fe80::1%eth1'];
  expect(addresses.filter((address) => !opened.hasAddress(address))).toEqual([]);
  const closed = ['10.2.0.1', '192.168.7.8', 'fd00:2::1', '::ffff:10.1.2.3', '64:ff9b::10.1.2.3', 'fe80::2'];
  expect(closed.filter((address) => opened.hasAddress(address))).toEqual([]);
  const names = ['api.internal', 'API.internal.', 'a.svc.local', 'a.b.svc.local'];
  expect(names.filter((name) => !opened.hasName(name))).toEqual([]);
  const others = [
    'xapi.internal',
    'api.internal.example',
    'svc.local',
    'xsvc.local',
    'internal',
    '10.1.2.3',
    '',
  ];
  expect(others.filter((name) => opened.hasName(name))).toEqual([]);
});

describe('looking up', () => {
  /** Looks up what the test answers, in the order in which it began. */
  function slowLookUp() {
    const begun: string[] = [];
    const answers: ((found: readonly ResolvedAddress[] | Error) => void)[] = [];
    const lookUp = createSystemLookUp((hostname) => {
      begun.push(hostname);
      return new Promise((resolve, reject) => {
        answers.push((found) => (found instanceof Error ? reject(found) : resolve(found)));
      });
    });
    return { begun, answers, lookUp };
  }

  it('is done for two names at once, so that slow name servers hold no more of Node’s threads', async () => {
    const { begun, answers, lookUp } = slowLookUp();
    const asked = ['a', 'b', 'c', 'd'].map((name) => lookUp(name, `caller of ${name}`));
    const outcomes = Promise.allSettled(asked);
    await expect.poll(() => begun).toEqual(['a', 'b']);
    answers[0]?.(new Error('No answer'));
    await expect(asked[0]).rejects.toThrow('No answer');
    await expect.poll(() => begun).toEqual(['a', 'b', 'c']);
    for (const answer of answers) answer([]);
    await expect.poll(() => begun).toHaveLength(4);
    answers[3]?.([]);
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    const later = lookUp('e');
    await expect.poll(() => begun).toHaveLength(5);
    answers[4]?.([]);
    expect(await later).toEqual([]);
  });

  it('of slow names holds up their caller alone, and callers take turns', async () => {
    const { begun, answers, lookUp } = slowLookUp();
    const asked = ['ann 1', 'ann 2', 'ann 3', 'bob 1', 'bob 2', 'cid 1'].map((name) =>
      lookUp(name, name.slice(0, 3)),
    );
    await expect.poll(() => begun).toEqual(['ann 1', 'bob 1']);
    for (const next of ['cid 1', 'ann 2', 'bob 2', 'ann 3']) {
      answers[begun.length - 2]?.([]);
      await expect.poll(() => begun.at(-1)).toBe(next);
    }
    for (const answer of answers) answer([]);
    await Promise.all(asked);
  });

  it('is not begun for those who went away meanwhile', async () => {
    const { begun, answers, lookUp } = slowLookUp();
    const leaving = new AbortController();
    const first = lookUp('first', 'ann', leaving.signal);
    const left = lookUp('left', 'ann', leaving.signal);
    const last = lookUp('last', 'ann');
    const gone = expect(left).rejects.toThrow('Gone');
    leaving.abort(new Error('Gone'));
    await gone;
    await expect(lookUp('never', 'bob', leaving.signal)).rejects.toThrow('Gone');
    answers[0]?.([]);
    await first;
    await expect.poll(() => begun).toEqual(['first', 'last']);
    answers[1]?.([]);
    await last;
  });

  it('is refused where 1,000 wait, until some of them go', async () => {
    const { begun, lookUp } = slowLookUp();
    const leaving = new AbortController();
    const asked = Array.from({ length: 1_001 }, () =>
      lookUp('slow', 'ann', AbortSignal.any([leaving.signal])),
    );
    const outcomes = Promise.allSettled(asked.slice(1));
    await expect(lookUp('more', 'ann')).rejects.toMatchObject({ code: 'FETCH_FAILED' });
    leaving.abort(new Error('Gone'));
    expect(new Set((await outcomes).map(({ status }) => status))).toEqual(new Set(['rejected']));
    void lookUp('more', 'bob');
    await expect.poll(() => begun).toEqual(['slow', 'more']);
  });
});
