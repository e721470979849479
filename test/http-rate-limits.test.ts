/** How many requests may come in a minute: two instances on one MongoDB, so that what they count is seen to be shared. */
import { createHash, randomUUID } from 'node:crypto';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { librarySettings } from '../src/config/library-settings.ts';
import type { Caller } from '../src/domain/model.ts';
import { createAdmission } from '../src/http/admission/admission.ts';
import { createClientAddress } from '../src/http/admission/client-address.ts';
import { createRequestCounts, type SharedCounts } from '../src/http/admission/request-counts.ts';
import type { RequestHead } from '../src/http/exchange.ts';
import { eventually } from './support/eventually.ts';
import { audience, issuer, tokenOf, tokenSecret } from './support/guarded-service.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { outcomeOf, problemIn } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const limit = 20;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const database = `rate-limits-${randomUUID()}`;
let services: [Service, Service];
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  const settings = {
    GRIDHOLD_DATABASE: database,
    GRIDHOLD_ADDRESS_RATE_LIMIT: String(limit),
    // So that each test may be an address of its own.
    GRIDHOLD_TRUSTED_PROXIES: '127.0.0.1',
  };
  services = [await startService(settings), await startService(settings)];
  client = await new MongoClient(inject('mongodbUri')).connect();
  db = client.db(database);
});

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

let addresses = 0;
const newAddress = (): string => `203.0.113.${++addresses}`;

async function get(address: string, path = '/files/none', service = services[0]): Promise<Response> {
  return await fetch(`${service.url}${path}`, { headers: { 'x-forwarded-for': address } });
}

const statusesOf = async (responses: readonly Response[]): Promise<number[]> =>
  await Promise.all(
    responses.map(async (response) => {
      await response.arrayBuffer();
      return response.status;
    }),
  );

async function useUp(address: string): Promise<void> {
  const statuses = await statusesOf(
    await Promise.all(Array.from({ length: limit }, async () => await get(address))),
  );
  expect(statuses).toEqual(Array.from({ length: limit }, () => 404));
}

/** What an instance has told the others of an address. */
async function toldOf(address: string): Promise<number> {
  const key = createHash('sha256').update(`address:${address}`).digest('base64url');
  const told = await db.collection('gridhold.rateLimits').findOne({ key });
  return Number(told?.['points'] ?? 0);
}

describe('an address that has made as many requests as it may in a minute', () => {
  it('gets 429 with Retry-After by REST, and another address does not', async () => {
    const address = newAddress();
    await useUp(address);
    const refused = await get(address);
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect(refused.headers.get('access-control-expose-headers')).toContain('Retry-After');
    expect(await problemIn(refused)).toMatchObject({
      status: 429,
      code: 'RATE_LIMITED',
      retryable: true,
      retryAfter,
    });
    expect((await get(newAddress())).status).toBe(404);
  });

  it("gets 429 in GraphQL's form by GraphQL", async () => {
    const address = newAddress();
    await useUp(address);
    const response = await fetch(`${services[0].url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(response.status).toBe(429);
    expect(response.headers.get('content-type')).toContain('application/graphql-response+json');
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    const answer: { errors: { message: string; extensions: object }[]; data?: unknown } =
      await response.json();
    expect(answer.errors).toEqual([
      {
        message: expect.stringContaining(`More than ${limit} requests`),
        extensions: {
          code: 'RATE_LIMITED',
          retryable: true,
          retryAfter: Number(response.headers.get('retry-after')),
          requestId: response.headers.get('x-request-id'),
        },
      },
    ]);
  });

  it('gets it on the other instance too', async () => {
    const address = newAddress();
    await useUp(address);
    await eventually(async () => await toldOf(address)).toBe(limit);
    // Its first request there is let in, and asks what the others have counted.
    await eventually(async () => (await get(address, '/files/none', services[1])).status).toBe(429);
  });

  it('is still told whether we live, and gets its preflights', async () => {
    const address = newAddress();
    await useUp(address);
    expect(await statusesOf([await get(address, '/health'), await get(address, '/ready')])).toEqual([
      200, 200,
    ]);
    const preflight = await fetch(`${services[0].url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        'x-forwarded-for': address,
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
      },
    });
    expect(preflight.status).toBe(204);
    expect((await get(address)).status).toBe(429);
  });

  it('pays for routes that are not there and for methods that are not allowed', async () => {
    const address = newAddress();
    await Promise.all(
      Array.from({ length: limit }, async () => await (await get(address, '/nowhere')).text()),
    );
    expect(await outcomeOf(await get(address, '/nowhere'))).toBe('429 RATE_LIMITED');
  });
});

describe('what is counted of a flood', () => {
  it('costs MongoDB no write once it is refused, and nothing of the address lies there', async () => {
    const address = newAddress();
    await useUp(address);
    await eventually(async () => await toldOf(address)).toBe(limit);
    await Promise.all(Array.from({ length: 200 }, async () => await (await get(address)).text()));
    expect(await toldOf(address)).toBe(limit);
    const stored = JSON.stringify(await db.collection('gridhold.rateLimits').find().toArray());
    expect(stored).not.toContain('203.0.113');
  });

  it('is forgotten by an index when its minute is over', async () => {
    const indexes = await db.collection('gridhold.rateLimits').indexes();
    expect(indexes).toContainEqual(expect.objectContaining({ key: { expire: 1 }, expireAfterSeconds: 0 }));
    expect(indexes).toContainEqual(expect.objectContaining({ key: { key: 1 }, unique: true }));
    const [one] = await db.collection('gridhold.rateLimits').find().toArray();
    expect(one?.['expire']).toBeInstanceOf(Date);
  });
});

describe('a fetch Request', () => {
  it('counts for the address that the frame gives with it, and is not counted without one', async () => {
    const { gridhold } = await openTestGridhold({ auth: 'none', addressRateLimit: 2 });
    const statuses = async (options?: { readonly address: string }): Promise<number[]> => {
      const found: number[] = [];
      for (let index = 0; index < 4; index++) {
        const request = new Request('http://localhost/files/none', {
          headers: { 'x-forwarded-for': `203.0.113.${index}` },
        });
        found.push((await gridhold.fetch(request, options)).status);
      }
      return found;
    };
    expect(await statuses({ address: '203.0.113.200' })).toEqual([404, 404, 429, 429]);
    expect(await statuses()).toEqual([404, 404, 404, 404]);
    const graphql = new Request('http://localhost/graphql?query={__typename}');
    const refused = await gridhold.fetch(graphql, { address: '203.0.113.200' });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
  });
});

describe('wrong credentials', () => {
  it('are answered 429 once their address has sent too many, and shut out none that are right', async () => {
    const { gridhold } = await openTestGridhold({
      auth: ['jwt'],
      jwt: { secret: tokenSecret, issuer, audience },
      addressRateLimit: 3,
    });
    const outcomeFor = async (credentials: string | null, address = '203.0.113.201'): Promise<string> => {
      const headers = credentials === null ? {} : { authorization: `Bearer ${credentials}` };
      const request = new Request('http://localhost/files/none', { headers });
      return await outcomeOf(await gridhold.fetch(request, { address }));
    };
    const outcomes: string[] = [];
    for (let attempt = 0; attempt < 5; attempt++) outcomes.push(await outcomeFor('wrong'));
    expect(outcomes).toEqual([
      ...Array.from({ length: 3 }, () => '401 UNAUTHENTICATED'),
      ...Array.from({ length: 2 }, () => '429 RATE_LIMITED'),
    ]);
    expect(await outcomeFor(await tokenOf('ann'))).toBe('404 FILE_NOT_FOUND');
    expect(await outcomeFor(null)).toBe('404 FILE_NOT_FOUND');
    expect(await outcomeFor('wrong', '203.0.113.202')).toBe('401 UNAUTHENTICATED');
  });
});

/** Callers other than everybody: what they are counted by, without the ways in which they prove who they are. */
describe('who is counted', () => {
  const headFrom = (peerAddress: string | null): RequestHead => ({
    method: 'GET',
    path: '/',
    search: '',
    host: null,
    scheme: 'http',
    peerAddress,
    header: () => null,
  });
  const alone: SharedCounts = {
    windowMs: 60_000,
    add: async (_key, requests) => ({ count: requests, msLeft: 60_000 }),
  };
  const admissionOf = (shared: SharedCounts = alone) =>
    createAdmission(
      {
        ...librarySettings({}),
        userRateLimit: 2,
        keyRateLimit: 3,
        addressRateLimit: 4,
        uploadsAtOnce: 1,
      },
      createRequestCounts(shared, silent),
      createClientAddress([]),
    );
  const user: Caller = { role: 'user', subject: 'ada', id: 'user:ada' };
  const key: Caller = { role: 'admin', subject: null, id: 'key:k1' };
  const anonymous: Caller = { role: 'anonymous', subject: null, id: 'anonymous' };
  const admin: Caller = { role: 'admin', subject: null, id: 'admin' };

  function letIn(enter: () => unknown, tries = 10): number {
    let count = 0;
    for (let attempt = 0; attempt < tries; attempt++) {
      try {
        enter();
        count += 1;
      } catch (error) {
        expect(error).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfter: expect.any(Number) } });
      }
    }
    return count;
  }

  it('are users and keys by who they are, wherever they come from, and all others by their address', () => {
    const { enter } = admissionOf();
    expect(letIn(() => enter(headFrom('198.51.100.1'), user, 'other'))).toBe(2);
    expect(letIn(() => enter(headFrom('198.51.100.2'), user, 'other'))).toBe(0);
    expect(letIn(() => enter(headFrom('198.51.100.1'), { ...user, id: 'user:bob' }, 'other'))).toBe(2);
    expect(letIn(() => enter(headFrom('198.51.100.1'), key, 'other'))).toBe(3);
    expect(letIn(() => enter(headFrom('198.51.100.1'), anonymous, 'other'))).toBe(4);
    expect(letIn(() => enter(headFrom('198.51.100.1'), admin, 'other'))).toBe(0);
    expect(letIn(() => enter(headFrom('198.51.100.2'), admin, 'other'))).toBe(4);
  });

  it('is nobody who comes without an address and without a name', () => {
    const { enter } = admissionOf();
    expect(letIn(() => enter(headFrom(null), anonymous, 'upload'))).toBe(10);
    expect(letIn(() => enter(headFrom(null), user, 'other'))).toBe(2);
  });

  it('are those whose credentials are wrong, by their address, apart from its other requests', () => {
    const { countWrong, enter } = admissionOf();
    expect(letIn(() => countWrong(headFrom('198.51.100.1')))).toBe(4);
    expect(letIn(() => countWrong(headFrom('198.51.100.2')))).toBe(4);
    expect(letIn(() => countWrong(headFrom(null)))).toBe(10);
    expect(letIn(() => enter(headFrom('198.51.100.1'), anonymous, 'other'))).toBe(4);
  });

  it('are uploads by whoever sends them: one that ends makes room, however often it says so', () => {
    const { enter } = admissionOf();
    const leave = enter(headFrom('198.51.100.1'), key, 'upload');
    expect(() => enter(headFrom('198.51.100.1'), key, 'upload')).toThrow('More than 1 uploads at once');
    leave();
    leave();
    expect(letIn(() => enter(headFrom('198.51.100.1'), key, 'upload'), 1)).toBe(1);
  });

  it('are all by each instance alone while MongoDB fails, and its failing is said once', async () => {
    const warnings: string[] = [];
    const broken: SharedCounts = { windowMs: 60_000, add: () => Promise.reject(new Error('no primary')) };
    const logger = { ...silent, warn: (_fields: object, message: string) => warnings.push(message) };
    const counts = createRequestCounts(broken, logger);
    const admitted = Array.from({ length: 30 }, () => counts.count('address:a', 10)).filter(
      (wait) => wait === null,
    );
    expect(admitted).toHaveLength(10);
    for (const name of ['b', 'c', 'd']) counts.count(name, 10);
    await eventually(() => warnings.length).toBe(1);
  });

  it('is counted anew when the minute is over, and only then', async () => {
    const brief: SharedCounts = { windowMs: 300, add: async (_key, count) => ({ count, msLeft: 300 }) };
    const counts = createRequestCounts(brief, silent);
    expect(counts.count('a', 1)).toBe(null);
    const waitMs = counts.count('a', 1) ?? 0;
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(300);
    await eventually(() => counts.count('a', 1)).toBe(null);
  });
});
