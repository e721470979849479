/**
 * The key set at an address, fetched anew when it is old or lacks a key. While it can't be fetched, the last known keys
 * stay valid: else nobody could sign in for as long as an identity provider is away. A key that its publisher revokes in
 * that time stays valid until the set can be fetched again.
 */
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';

/** How a set is fetched, in milliseconds: jose's names. */
export interface KeyFetching {
  readonly timeoutDuration: number;
  /** No two for unknown keys, and none after one that failed, within this. */
  readonly cooldownDuration: number;
  /** Older ones are fetched anew. */
  readonly cacheMaxAge: number;
}

export const usualFetching: KeyFetching = {
  timeoutDuration: 5_000,
  cooldownDuration: 30_000,
  cacheMaxAge: 600_000,
};

/** The keys that were known before a fetch failed. */
interface LastGood {
  readonly keyOf: JWTVerifyGetKey;
  readonly failure: unknown;
  readonly until: number;
}

/** @throws when called: what isKeySetFailure knows where the set is needed and can't be had, or what jose throws */
export function createRemoteKeySet(url: URL, fetching: KeyFetching): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(url, { ...fetching });
  let lastGood: LastGood | null = null;
  return async (header, token) => {
    // Not asked again for each token: they would all wait for an address that does not answer.
    if (lastGood && performance.now() < lastGood.until) return await keyWithin(lastGood, header, token);
    try {
      const key = await remote(header, token);
      lastGood = null;
      return key;
    } catch (failure) {
      const known = isKeySetFailure(failure) ? remote.jwks() : undefined;
      if (!known) throw failure;
      const until = performance.now() + fetching.cooldownDuration;
      lastGood = { keyOf: createLocalJWKSet(known), failure, until };
      return await keyWithin(lastGood, header, token);
    }
  };
}

/** @throws the failure for a key that is not in it: it may be a new one */
async function keyWithin(
  { keyOf, failure }: LastGood,
  ...[header, token]: Parameters<JWTVerifyGetKey>
): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
  try {
    return await keyOf(header, token);
  } catch (error) {
    throw error instanceof errors.JWKSNoMatchingKey ? failure : error;
  }
}

/** jose tells a refused or malformed answer by its general error, and passes on what fetch throws. */
export function isKeySetFailure(error: unknown): boolean {
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    (error instanceof TypeError && error.cause !== undefined) ||
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC')
  );
}
