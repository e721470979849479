/**
 * Signs and verifies the addresses that we give out: an HMAC-SHA-256 (RFC 2104) over purpose and ID, in constant time.
 * A forged address is refused without a look-up. The first key signs, all verify.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SigningKey } from '../storage/signing-keys.ts';

export interface KeyRing {
  /** `{id}.{keyId}.{signature}` */
  sign(purpose: 'upload', id: string): string;
  /** @returns the ID, or null where the signature is not ours */
  verify(purpose: 'upload', token: string): Promise<string | null>;
}

/** A key ID that we don't know may be a newer instance's: asked for at most this often. */
const rereadMs = 1_000;
const longestToken = 512;

export function createKeyRing(
  initial: readonly SigningKey[],
  reread: (() => Promise<readonly SigningKey[]>) | null,
): KeyRing {
  let keys = initial;
  let rereadAt = -Infinity;
  let rereading: Promise<void> | null = null;

  const mac = (key: SigningKey, purpose: string, id: string): Buffer =>
    createHmac('sha256', key.secret).update(`${purpose}\n${id}`).digest();

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
    sign(purpose, id) {
      const [key] = keys;
      if (!key) throw new Error('The key ring is empty');
      return `${id}.${key.id}.${mac(key, purpose, id).toString('base64url')}`;
    },
    async verify(purpose, token) {
      if (token.length > longestToken) return null;
      const [id, keyId, signature, ...rest] = token.split('.');
      if (!id || !keyId || !signature || rest.length > 0) return null;
      const key = await keyOf(keyId);
      if (!key) return null;
      const given = Buffer.from(signature, 'base64url');
      const expected = mac(key, purpose, id);
      return given.length === expected.length && timingSafeEqual(given, expected) ? id : null;
    },
  };
}
