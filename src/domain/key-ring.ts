/**
 * Signs and verifies the addresses that we give out: an HMAC-SHA-256 (RFC 2104) over the purpose and what it is bound
 * to, compared in constant time. The first key signs, all verify.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SigningKey } from '../storage/signing-keys.ts';

/** What a signature is good for. It stands inside of it, so that none passes for another. */
export type Purpose = 'upload' | 'file';

export interface KeyRing {
  /** `{keyId}.{signature}` over the parts, none of which holds a line break. */
  sign(purpose: Purpose, parts: readonly string[]): string;
  /** Whether a key of ours has signed exactly this. */
  verify(purpose: Purpose, parts: readonly string[], seal: string): Promise<boolean>;
}

/** A key ID that we don't know may be a newer instance's: asked for at most this often. */
const rereadMs = 1_000;
const longestSeal = 256;

export function createKeyRing(
  initial: readonly SigningKey[],
  reread: (() => Promise<readonly SigningKey[]>) | null,
): KeyRing {
  let keys = initial;
  let rereadAt = -Infinity;
  let rereading: Promise<void> | null = null;

  const mac = (key: SigningKey, purpose: Purpose, parts: readonly string[]): string =>
    createHmac('sha256', key.secret)
      .update([purpose, ...parts].join('\n'))
      .digest('base64url');

  const keyOf = async (keyId: string): Promise<SigningKey | undefined> => {
    const known = keys.find(({ id }) => id === keyId);
    if (known || !reread) return known;
    if (!rereading && performance.now() - rereadAt >= rereadMs) {
      rereadAt = performance.now();
      rereading = reread().then(
        (found) => {
          if (found.length > 0) keys = found;
        },
        () => undefined,
      );
    }
    await rereading;
    rereading = null;
    return keys.find(({ id }) => id === keyId);
  };

  return {
    sign(purpose, parts) {
      const [key] = keys;
      if (!key) throw new Error('The key ring is empty');
      return `${key.id}.${mac(key, purpose, parts)}`;
    },
    async verify(purpose, parts, seal) {
      if (seal.length > longestSeal || parts.some((part) => part.includes('\n'))) return false;
      const [keyId, signature, ...rest] = seal.split('.');
      if (!keyId || !signature || rest.length > 0) return false;
      const key = await keyOf(keyId);
      if (!key) return false;
      // As text: decoded, one signature would have several spellings.
      const given = Buffer.from(signature);
      const expected = Buffer.from(mac(key, purpose, parts));
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
