/** A name server of the test's own (RFC 1035), over UDP: it answers A and AAAA with what the test says, each time anew. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { afterAll } from 'vitest';
import type { LookUp } from '../../src/outbound/look-up.ts';

const closers: (() => void)[] = [];

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(() => {
  for (const close of closers) close();
});

export interface NameServer {
  /** Asks this server, as the system's own look-up would. */
  readonly lookUp: LookUp;
  /** How often a name's addresses were looked up. */
  lookUps(name: string): number;
}

/** @param addressesOf all addresses of a name at its nth look-up, counted from 1 */
export async function openNameServer(
  addressesOf: (name: string, nth: number) => readonly string[],
): Promise<NameServer> {
  const counts = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    const all = addressesOf(name, counts.get(name) ?? 0);
    const wanted = all.filter((one) => isIPv6(one) === (type === typeAaaa));
    socket.send(answerTo(query.subarray(0, end), wanted), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    lookUps: (name) => counts.get(name) ?? 0,
    async lookUp(hostname) {
      counts.set(hostname, (counts.get(hostname) ?? 0) + 1);
      const nothing = (): string[] => [];
      const [ipv4, ipv6] = await Promise.all([
        resolver.resolve4(hostname).catch(nothing),
        resolver.resolve6(hostname).catch(nothing),
      ]);
      return [...ipv4, ...ipv6].map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    },
  };
}

const headBytes = 12;
const typeAaaa = 28;

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let offset = headBytes;
  for (let length = query.readUInt8(offset); length > 0; length = query.readUInt8(offset)) {
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(offset + 1), end: offset + 5 };
}

/** @param question the query up to the end of its question */
function answerTo(question: Buffer, addresses: readonly string[]): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8580, 2); // an answer, authoritative, without error
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const records = addresses.map((address) => {
    const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0); // the name of the question
    record.writeUInt16BE(bytes.byteLength === 4 ? 1 : typeAaaa, 2);
    record.writeUInt16BE(1, 4); // Internet
    record.writeUInt32BE(0, 6); // not to be kept
    record.writeUInt16BE(bytes.byteLength, 10);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([head, ...records]);
}
