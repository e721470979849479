/** `Authorization`, as clients and proxies may write it: a key that counts, nobody, or a refusal. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../src/domain/api-keys.ts';
import type { Caller } from '../src/domain/model.ts';
import { GridholdError } from '../src/errors/gridhold-error.ts';
import { openStore } from '../src/storage/store.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';

describe('credentials', () => {
  let opened: TestGridhold;
  let secret: string;
  let id: string;
  const callerBy = async (authorization: string | null): Promise<Caller | string> => {
    try {
      return await opened.gridhold.useCases.authenticate(authorization);
    } catch (error) {
      if (error instanceof GridholdError) return error.code;
      throw error;
    }
  };

  beforeAll(async () => {
    opened = await openTestGridhold({ auth: ['keys'] });
    const store = await openStore(opened.client, opened.databaseName);
    const key = await createApiKey(store, { name: 'a key', role: 'app' });
    secret = key.secret;
    id = key.id;
  });

  test('are a key after the scheme Bearer in any case, and spaces', async () => {
    const scheme = fc.constantFrom('Bearer', 'bearer', 'BEARER', 'bEaReR');
    const spaces = fc.constantFrom(' ', '  ', '    ');
    await fc.assert(
      fc.asyncProperty(scheme, spaces, fc.constantFrom('', ' '), async (named, gap, around) => {
        const caller = await callerBy(`${around}${named}${gap}${secret}${around}`);
        expect(caller).toEqual({ role: 'app', subject: null, id: `key:${id}` });
      }),
      { numRuns: 20 },
    );
  });

  test('that are another by one character are nobody, and never somebody else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.string({ unit: 'binary-ascii', maxLength: 2 }), async (at, other) => {
        const place = at % secret.length;
        const changed = `${secret.slice(0, place)}${other}${secret.slice(place + 1)}`;
        fc.pre(changed.trim() !== secret);
        expect(await callerBy(`Bearer ${changed}`)).toBe('UNAUTHENTICATED');
      }),
      { numRuns: 200 },
    );
  });

  test('of another scheme are somebody else’s, and what is no token after Bearer is refused', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'Bearer basic=+/.~_- ,;"\\\t\0é') });
    await fc.assert(
      fc.asyncProperty(text, async (authorization) => {
        const [scheme = ''] = authorization.trim().split(' ');
        const isBearer = scheme.toLowerCase() === 'bearer';
        const outcome = await callerBy(authorization);
        expect(outcome).toEqual(
          isBearer ? 'UNAUTHENTICATED' : { role: 'anonymous', subject: null, id: 'anonymous' },
        );
      }),
      { numRuns: 300 },
    );
  });
});
