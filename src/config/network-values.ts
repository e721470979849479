/** Settings that name addresses, networks and hosts, as zod schemas from text to value. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { isHostName } from './host-name.ts';
import { parts, quoted, refuse } from './setting-values.ts';

/** `10.0.0.0/8`, `::1`: addresses and CIDR blocks (RFC 4632, section 3.1). */
export const networks = z.string().transform((text, context): readonly string[] => {
  const named = [...new Set(parts(text))];
  const wrong = named.find((name) => !isNetwork(name));
  if (wrong !== undefined)
    return refuse(context, `${quoted(wrong)} is neither an address nor a network such as 10.0.0.0/8`);
  return named.length > 0 ? named : refuse(context, 'it names no address');
});

/** What is not public and may be reached all the same: names (`*.internal` for all below one), addresses, networks. */
export const fetchTargets = z.string().transform((text, context): readonly string[] => {
  const named = [...new Set(parts(text).map((part) => part.toLowerCase()))];
  const wrong = named.find((name) => !isNetwork(name) && !isNamePattern(name));
  if (wrong !== undefined)
    return refuse(
      context,
      `${quoted(wrong)} is neither a host name, nor an address, nor a network such as 10.0.0.0/8`,
    );
  return named.length > 0 ? named : refuse(context, 'it names nothing');
});

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

function isNamePattern(text: string): boolean {
  const name = text.replace(/^\*\./, '');
  // In another notation, 0x7f.1 is an address.
  return isHostName(name) && !/^0x/.test(name);
}
