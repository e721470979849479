/** How many fetches and sendings of one caller may be under way at once, however few requests they came in. */
import { beforeAll, expect, it } from 'vitest';
import { userCaller } from '../src/domain/callers.ts';
import type { Caller } from '../src/domain/model.ts';
import { GridholdError } from '../src/errors/gridhold-error.ts';
import type { Gridhold } from '../src/gridhold.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { openThirdParty, type ThirdParty } from './support/third-party.ts';

const atOnce = 2;
const ann = userCaller('ann');
const bob = userCaller('bob');
let gridhold: Gridhold;
let party: ThirdParty;
/** Ends the answers that the third party keeps back. */
const held: (() => void)[] = [];

beforeAll(async () => {
  party = await openThirdParty((request, response) => {
    request.resume();
    response.setHeader('Content-Type', 'text/plain');
    if (request.url === '/slow') held.push(() => response.end('at last'));
    else response.end('at once');
  });
  ({ gridhold } = await openTestGridhold({ fetchAllow: ['127.0.0.1'], uploadsAtOnce: atOnce }));
});

const outcomeOf = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => 'OK',
    (error: unknown) => (error instanceof GridholdError ? error.code : String(error)),
  );

const fetchBy = (caller: Caller, path: string): Promise<unknown> =>
  gridhold.useCases.storeFileFromUrl(new URL(path, party.url), {}, caller);

it('are as many as uploads, of both kinds together; others and the app itself are not held up', async () => {
  const { file } = await gridhold.useCases.storeFileFromUrl(new URL(party.url), {}, ann);
  const send = (path: string): Promise<unknown> =>
    gridhold.useCases.sendFile(file.id, { url: new URL(path, party.url) }, ann);
  const asked = party.asked.length;
  const slow = [fetchBy(ann, '/slow'), send('/slow')];
  await expect.poll(() => held.length).toBe(atOnce);
  await expect(fetchBy(ann, '/')).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    message: 'More than 2 fetches and sendings at once',
    details: { retryAfter: expect.any(Number) },
  });
  expect(await outcomeOf(send('/'))).toBe('RATE_LIMITED');
  expect(party.asked.length - asked).toBe(atOnce);
  expect(await outcomeOf(fetchBy(bob, '/'))).toBe('OK');
  const many = Array.from({ length: atOnce + 1 }, () => gridhold.storeFromUrl(`${party.url}/slow`));
  await expect.poll(() => held.length).toBe(2 * atOnce + 1);
  for (const end of held.splice(0)) end();
  await Promise.all([...slow, ...many]);
  expect([await outcomeOf(fetchBy(ann, '/')), await outcomeOf(send('/'))]).toEqual(['OK', 'OK']);
});

it('get their places back from those that failed', async () => {
  for (let round = 0; round <= atOnce; round++) {
    expect(await outcomeOf(fetchBy(ann, 'http://127.0.0.1:1/'))).toBe('FETCH_FAILED');
    expect(await outcomeOf(fetchBy(ann, 'http://10.0.0.1/'))).toBe('FETCH_REFUSED');
  }
  expect(await outcomeOf(fetchBy(ann, '/'))).toBe('OK');
});
