/** Who asks, by what a request says of itself: the proxies it came through, the host and the origin. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { librarySettings } from '../src/config/library-settings.ts';
import { isWithin, parseAddress, parseNetwork } from '../src/config/networks.ts';
import { createClientAddress } from '../src/http/admission/client-address.ts';
import type { RequestHead } from '../src/http/exchange.ts';
import { checkHost } from '../src/http/host-check.ts';
import { judgeOrigin } from '../src/http/origin-policy.ts';

const headOf = (
  headers: Readonly<Record<string, string>>,
  peerAddress: string | null = null,
): RequestHead => ({
  method: 'GET',
  path: '/',
  search: '',
  host: headers['host'] ?? null,
  scheme: 'http',
  peerAddress,
  header: (name) => headers[name] ?? null,
});

describe('addresses', () => {
  type Block = { readonly base: string; readonly bits: number };
  const numberOf = (address: string): number =>
    address.split('.').reduce((number, byte) => number * 256 + Number(byte), 0);
  /** Its first bits are the block's. */
  const isIn = (address: string, { base, bits }: Block): boolean =>
    Math.floor(numberOf(address) / 2 ** (32 - bits)) === Math.floor(numberOf(base) / 2 ** (32 - bits));

  /** Few, so that they meet. */
  const address = fc.oneof(
    fc
      .tuple(fc.constantFrom(10, 192), fc.nat({ max: 1 }), fc.nat({ max: 1 }), fc.nat({ max: 255 }))
      .map((bytes) => bytes.join('.')),
    fc.ipV4(),
  );
  const block: fc.Arbitrary<Block> = fc.record({ base: address, bits: fc.nat({ max: 32 }) });
  const networkOf = ({ base, bits }: Block): string => `${base}/${bits}`;

  test('are within a network where their first bits are its own', () => {
    fc.assert(
      fc.property(address, block, (one, network) => {
        const parsed = parseAddress(one);
        expect(parsed && isWithin(parsed, parseNetwork(networkOf(network)))).toBe(isIn(one, network));
        const mapped = parseAddress(`::ffff:${one}`);
        expect(mapped && isWithin(mapped, parseNetwork(networkOf(network)))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  const hop = fc.oneof(
    { weight: 5, arbitrary: address },
    fc.constantFrom('unknown', '', '10.0.0', '1.2.3.4.5', '_x'),
  );
  const spelling = fc.constantFrom(
    (one: string) => one,
    (one: string) => ` ${one} `,
    (one: string) => `${one}:4711`,
    (one: string) => `::ffff:${one}`,
    (one: string) => `[::ffff:${one}]:80`,
  );

  test('in X-Forwarded-For count from the right, as far as whoever wrote them is trusted', () => {
    fc.assert(
      fc.property(
        address,
        fc.array(fc.tuple(hop, spelling), { maxLength: 5 }),
        fc.array(block, { maxLength: 3 }),
        (peer, hops, trusted) => {
          const written = hops.map(([one, spell]) => spell(one));
          const head = headOf(written.length > 0 ? { 'x-forwarded-for': written.join(',') } : {}, peer);
          const known = hops.map(([one]) => one);
          let client = peer;
          while (trusted.some((network) => isIn(client, network))) {
            const next = known.pop() ?? '';
            if (!/^\d+\.\d+\.\d+\.\d+$/.test(next)) break;
            client = next;
          }
          expect(createClientAddress(trusted.map(networkOf))(head)).toBe(client);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('of a subscriber of IPv6 are one, and what anybody else writes is nobody', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.nat({ max: 0xffff }), fc.string(), (one, last, forwarded) => {
        fc.pre(!one.includes('.') && parseAddress(one) !== null);
        const addressOf = createClientAddress([]);
        const parsed = parseAddress(one);
        const bytes = parsed?.toByteArray() ?? [];
        fc.pre(bytes.length === 16 && bytes.slice(0, 8).some((byte) => byte !== 0));
        const groups = Array.from({ length: 8 }, (_, index) =>
          ((bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0)).toString(16),
        );
        const neighbour = [...groups.slice(0, 7), last.toString(16)].join(':');
        const named = addressOf(headOf({ 'x-forwarded-for': forwarded }, one));
        expect(named).toMatch(/\/64$/);
        expect(addressOf(headOf({}, neighbour))).toBe(named);
      }),
      { numRuns: 300 },
    );
  });
});

describe('Host and Origin', () => {
  const settings = librarySettings({});
  const port = fc.oneof(
    fc.constant(''),
    fc.integer({ min: 1, max: 65_535 }).map((number) => `:${number}`),
  );
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
  const loopback = fc.oneof(
    fc.constantFrom('localhost', 'LOCALHOST', '[::1]'),
    label.map((name) => `${name}.localhost`),
    fc
      .tuple(fc.nat({ max: 255 }), fc.nat({ max: 255 }), fc.nat({ max: 255 }))
      .map((bytes) => `127.${bytes.join('.')}`),
  );
  const isServed = (host: string): boolean => {
    try {
      checkHost(headOf({ host }), settings);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'FORBIDDEN' });
      return false;
    }
  };
  const mayUse = (origin: string): boolean => {
    const { refusal, headers } = judgeOrigin(headOf({ host: 'localhost:4000', origin }), 'named', settings);
    expect(headers['Access-Control-Allow-Origin']).toBe(refusal === null ? origin : undefined);
    return refusal === null;
  };

  test('of loopback are served, at any port', () => {
    fc.assert(
      fc.property(loopback, port, (host, at) => {
        expect(isServed(`${host}${at}`)).toBe(true);
        expect(mayUse(`http://${host}${at}`)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('of a name that somebody else may own are not, however loopback is written into it', () => {
    const foreign = fc
      .tuple(label, fc.constantFrom('example', 'test', 'com', 'localhostx'))
      .map((names) => names.join('.'));
    const disguise = fc.constantFrom(
      (_: string, theirs: string) => theirs,
      (mine: string, theirs: string) => `${mine}.${theirs}`,
      (mine: string, theirs: string) => `${mine}@${theirs}`,
      (mine: string, theirs: string) => `${theirs}#${mine}`,
      (mine: string, theirs: string) => `${theirs}/${mine}`,
      (mine: string, theirs: string) => `${theirs}\\@${mine}`,
      (mine: string, theirs: string) => `${theirs}?${mine}`,
      (mine: string, theirs: string) => `${mine}, ${theirs}`,
      (mine: string, theirs: string) => `${mine} ${theirs}`,
    );
    fc.assert(
      fc.property(loopback, foreign, disguise, port, (mine, theirs, disguised, at) => {
        const host = disguised(mine.replace(/[[\]]/g, ''), theirs);
        expect(isServed(`${host}${at}`), host).toBe(false);
        expect(mayUse(`https://${host}${at}`), host).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('of any text are judged, and never served unless it names loopback', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'localhost127.0:[]@/\\#? %é\0') }), (text) => {
        const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname : '';
        const isLoopback = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(url);
        if (!isLoopback) expect(isServed(text)).toBe(false);
        if (!isLoopback) expect(mayUse(`http://${text}`)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
