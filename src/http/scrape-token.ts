/** The token that reads `/metrics` and nothing else. Compared by hashes, so that time tells neither length nor letters. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** @param metricsToken null: there is none, and nobody has it */
export function createScrapeToken(metricsToken: string | null): (authorization: string | null) => boolean {
  if (metricsToken === null) return () => false;
  const expected = hash(metricsToken);
  return (authorization) => {
    const [, token] = /^\s*bearer +(\S+)\s*$/i.exec(authorization ?? '') ?? [];
    return token !== undefined && timingSafeEqual(hash(token), expected);
  };
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
