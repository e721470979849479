/**
 * Durations and sizes as people write them in settings and on the command line. What a value may be used for, and its
 * bounds, are the setting's own.
 *
 * Sizes follow IEC 80000-13: kB, MB, GB and TB are powers of 1000, KiB, MiB, GiB and TiB powers of 1024. So `5GB` is
 * 5,000,000,000 bytes, and `5GiB` 5,368,709,120.
 */
const unitsInMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const unitsInBytes: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1_000,
  mb: 1_000 ** 2,
  gb: 1_000 ** 3,
  tb: 1_000 ** 4,
  kib: 1_024,
  mib: 1_024 ** 2,
  gib: 1_024 ** 3,
  tib: 1_024 ** 4,
};

export const durationExamples = '500ms, 90s, 10m, 24h or 7d';
export const sizeExamples = '500kB, 100MB, 5GB or 64MiB';

/** Milliseconds; null where the text is no duration. The unit is never guessed: `90` is none. */
export function parseDuration(text: string): number | null {
  return parseQuantity(text, unitsInMs);
}

/** Bytes; null where the text is no size. Units count in any case, and a bare number is bytes. */
export function parseSize(text: string): number | null {
  const lowerCase = text.toLowerCase();
  return parseQuantity(/^[\d.]+$/.test(lowerCase) ? `${lowerCase}b` : lowerCase, unitsInBytes);
}

/** Decimal units, as file managers count. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  // Rounding must not give 1000 of a unit.
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | null {
  const parts = /^(\d{1,15}(?:\.\d{1,9})?) ?([a-zA-Z]{1,3})$/.exec(text);
  const unit = parts?.[2] === undefined || !Object.hasOwn(units, parts[2]) ? undefined : units[parts[2]];
  if (unit === undefined) return null;
  const exact = Number(parts?.[1]) * unit;
  const whole = Math.round(exact);
  // 1.1GB is a whole number of bytes that floating point misses by a hair; 1.5B is none.
  return Number.isSafeInteger(whole) && Math.abs(exact - whole) <= exact * 1e-12 ? whole : null;
}
