/** Upload tokens and signed URLs: what was signed passes, and nothing that differs by a character. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newFileId, newUploadUrlId } from '../src/domain/ids.ts';
import { createKeyRing } from '../src/domain/key-ring.ts';
import { signRead, verifyRead } from '../src/domain/signed-urls.ts';
import { uploadToken, verifyUploadToken } from '../src/domain/upload-token.ts';
import { permitIn } from '../src/http/serving/read-permit.ts';
import { change } from './support/changed-text.ts';

describe('signatures', () => {
  const keys = createKeyRing(
    [
      { id: 'new', secret: 'a secret that is long enough' },
      { id: 'old', secret: 'another that is long enough' },
    ],
    null,
  );

  test('of upload tokens let no other token pass', async () => {
    await fc.assert(
      fc.asyncProperty(change, async (changed) => {
        const id = newUploadUrlId();
        const token = uploadToken(keys, id);
        expect(await verifyUploadToken(keys, token)).toBe(id);
        const other = changed(token);
        if (other !== token) expect(await verifyUploadToken(keys, other)).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  const part = fc.constantFrom('id', 'urlEpoch', 'expires', 'signature', 'download');
  const nowMs = Date.UTC(2026, 10, 23);
  const file = { id: newFileId(), urlEpoch: 3 };

  test('of URLs hold for the file, the time, the epoch and the way that were signed', async () => {
    await fc.assert(
      fc.asyncProperty(part, change, fc.boolean(), async (which, changed, download) => {
        const permit = signRead(keys, file, { download, ttlMs: 3_600_000, nowMs });
        const expiresMs = await verifyRead(keys, file, permit, nowMs);
        expect(expiresMs).toBe(Number(permit.expires));
        const given = { ...file, ...permit };
        const other =
          which === 'download'
            ? { ...given, download: !download }
            : which === 'urlEpoch'
              ? { ...given, urlEpoch: 4 }
              : { ...given, [which]: changed(given[which]) };
        if (other[which] !== given[which]) expect(await verifyRead(keys, other, other, nowMs)).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  test('of URLs hold for at least half of their life, and no longer than it', async () => {
    const ttl = fc.integer({ min: 1_000, max: 604_800_000 });
    const moment = fc.integer({ min: 0, max: 4_000_000_000_000 });
    await fc.assert(
      fc.asyncProperty(ttl, moment, fc.nat({ max: 604_800_000 }), async (ttlMs, signedAt, laterMs) => {
        const permit = signRead(keys, file, { download: false, ttlMs, nowMs: signedAt });
        const isGood = (await verifyRead(keys, file, permit, signedAt + laterMs)) !== null;
        if (laterMs < Math.floor(ttlMs / 2)) expect(isGood).toBe(true);
        if (laterMs >= ttlMs) expect(isGood).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('in a query count where each parameter that they are bound to stands at most once', () => {
    const name = fc.constantFrom('expires', 'signature', 'download', 'other');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ maxLength: 3 })), { maxLength: 6 }), (pairs) => {
        const values = (wanted: string): string[] =>
          pairs.filter(([one]) => one === wanted).map(([, value]) => value);
        const [expires, signature, download] = ['expires', 'signature', 'download'].map(values);
        const isWhole = expires?.length === 1 && signature?.length === 1 && (download?.length ?? 0) <= 1;
        expect(permitIn(new URLSearchParams(pairs))).toEqual(
          isWhole
            ? { expires: expires?.[0], signature: signature?.[0], download: download?.length === 1 }
            : null,
        );
      }),
      { numRuns: 500 },
    );
  });
});
