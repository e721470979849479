/**
 * The GraphQL over HTTP specification, as graphql-http audits it: no error, no warning, and not even a notice, whoever
 * asks and whatever carries the request. So many audits there are of each level: fewer would pass as well.
 */
import { auditServer } from 'graphql-http';
import { expect, it } from 'vitest';
import { guarding, newKey } from './support/guarded-service.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { startService } from './support/service.ts';

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What is not as it should be, and how many audits of each level there were. */
async function audited(url: string, fetchFn: Fetch) {
  const results = await auditServer({ url: `${url}/graphql`, fetchFn });
  const levels: Record<string, number> = {};
  for (const { name } of results) {
    const [level = ''] = name.split(' ');
    levels[level] = (levels[level] ?? 0) + 1;
  }
  const found = results.flatMap((result) =>
    result.status === 'ok' ? [] : [`${result.status} ${result.id} ${result.name}: ${result.reason}`],
  );
  return { levels, found };
}

const withCredentials =
  (credentials: string): Fetch =>
  (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${credentials}`);
    return fetch(url, { ...init, headers });
  };

const flawless = { levels: { MUST: 13, SHOULD: 23, MAY: 25 }, found: [] };

it('a service follows the specification in everything that is audited', async () => {
  const service = await startService();
  expect(await audited(service.url, fetch)).toEqual(flawless);
});

it('a service that asks who calls does so too, for a stranger and for an app', async () => {
  // Four of the audits ask for the schema.
  const service = await startService({ ...guarding, GRIDHOLD_INTROSPECTION: 'on' });
  expect(await audited(service.url, fetch)).toEqual(flawless);
  expect(await audited(service.url, withCredentials(await newKey(service, 'app')))).toEqual(flawless);
});

it('a library that an app has mounted in its own routes does so too', async () => {
  const { gridhold } = await openTestGridhold();
  const mounted: Fetch = (url, init) => gridhold.fetch(new Request(url, init));
  expect(await audited('http://127.0.0.1', mounted)).toEqual(flawless);
});
