/**
 * Durations and sizes as people write them in settings and on the command line. What a value may be used for, and its
 * bounds, are the setting's own.
 *
 * Sizes follow IEC 80000-13: kB, MB, GB and TB are powers of 1000, KiB, MiB, GiB and TiB powers of 1024. So `5GB` is
 * 5,000,000,000 bytes, and `5GiB` 5,368,709,120.
 */
const unitsInMs: Readonly<Record<string, bigint>> = {
  ms: 1n,
  s: 1_000n,
  m: 60_000n,
  h: 3_600_000n,
  d: 86_400_000n,
  w: 604_800_000n,
};

const unitsInBytes: Readonly<Record<string, bigint>> = {
  b: 1n,
  kb: 1_000n,
  mb: 1_000n ** 2n,
  gb: 1_000n ** 3n,
  tb: 1_000n ** 4n,
  kib: 1_024n,
  mib: 1_024n ** 2n,
  gib: 1_024n ** 3n,
  tib: 1_024n ** 4n,
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

/** Exactly: floating point would miss 1.1GB, which is a whole number of bytes, by a hair. 1.5B is none. */
function parseQuantity(text: string, units: Readonly<Record<string, bigint>>): number | null {
  const [, integer = '', decimals = '', name = ''] =
    /^(\d{1,15})(?:\.(\d{1,9}))? ?([a-zA-Z]{1,3})$/.exec(text) ?? [];
  const unit = Object.hasOwn(units, name) ? units[name] : undefined;
  if (unit === undefined) return null;
  const parts = 10n ** BigInt(decimals.length);
  const quantity = BigInt(`${integer}${decimals}`) * unit;
  const whole = Number(quantity / parts);
  return quantity % parts === 0n && Number.isSafeInteger(whole) ? whole : null;
}
