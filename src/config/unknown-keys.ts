/**
 * Keys that look like ours and are not: a limit that was set under a misspelt name is a limit that is not there.
 */
import { settingKeys } from './setting-keys.ts';
import type { SettingsProblem } from './settings-error.ts';

/**
 * Kubernetes gives every container of a namespace the addresses of its services, and a service named `gridhold` makes
 * GRIDHOLD_SERVICE_HOST, GRIDHOLD_PORT, GRIDHOLD_PORT_4000_TCP_ADDR and the like.
 */
const serviceDiscovery =
  /^GRIDHOLD(?:_\w+)?_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

export function unknownKeyProblems(keys: readonly string[]): SettingsProblem[] {
  const known = settingKeys.map(({ key }) => key);
  return keys
    .filter((key) => key.startsWith('GRIDHOLD_') && !known.includes(key) && !serviceDiscovery.test(key))
    .sort()
    .map((key) => ({ key, message: `there is no such setting; the nearest is ${nearest(key, known)}` }));
}

function nearest(key: string, known: readonly string[]): string {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(key.slice(0, 100), candidate) }))
    .sort((one, other) => one.distance - other.distance);
  return ranked[0]?.candidate ?? '';
}

/** Levenshtein's: how many letters must be put in, taken out or changed. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...from].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...to].entries()) {
      const changed = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(changed, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
