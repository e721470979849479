/** What may be reached: every global unicast address, and what the setting fetchAllow names besides. */
import { isIP } from 'node:net';
import { isWithin, parseAddress, parseNetwork } from '../config/networks.ts';
import { isGlobalUnicast } from './address-ranges.ts';

export interface AllowedTargets {
  /** Whether a host of this name may resolve to any address at all. */
  hasName(name: string): boolean;
  hasAddress(text: string): boolean;
}

/** @param named as the setting has it: `api.internal`, `*.internal`, `10.1.2.3`, `10.1.0.0/16`, in lower case */
export function allowedTargets(named: readonly string[]): AllowedTargets {
  const isNetwork = (text: string): boolean => isIP(text.split('/', 1)[0] ?? '') !== 0;
  const networks = named.filter(isNetwork).map(parseNetwork);
  const names = named.filter((text) => !isNetwork(text)).map(withoutRoot);
  return {
    hasName(name) {
      const asked = withoutRoot(name.toLowerCase());
      return names.some((one) => (one.startsWith('*.') ? asked.endsWith(one.slice(1)) : asked === one));
    },
    hasAddress(text) {
      const address = parseAddress(text);
      if (address === null) return false;
      return isGlobalUnicast(address) || networks.some((one) => isWithin(address, one));
    },
  };
}

/** The same name with the root's dot at its end (RFC 1034, section 3.1). */
function withoutRoot(name: string): string {
  return name.replace(/\.$/, '');
}
