/** `/metrics` over HTTP: who may read it, and what it says of requests. What it says of the store: metrics-store.test.ts. */
import { readFileSync } from 'node:fs';
import { register } from 'prom-client';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from './support/eventually.ts';
import { type GuardedService, startGuardedService, stored } from './support/guarded-service.ts';
import { type Figures, readFigures } from './support/prometheus.ts';
import { RawConnection } from './support/raw-connection.ts';
import { outcomeOf } from './support/requests.ts';
import { startService } from './support/service.ts';

const token = 'a-token-for-prometheus.0123';
const bearer = { authorization: `Bearer ${token}` };
let guarded: GuardedService;
let url: string;

beforeAll(async () => {
  guarded = await startGuardedService({
    GRIDHOLD_METRICS_TOKEN: token,
    GRIDHOLD_ADDRESS_RATE_LIMIT: '40',
    GRIDHOLD_KEY_RATE_LIMIT: '200',
  });
  url = guarded.service.url;
});

const scrape = async (): Promise<Figures> => {
  const response = await fetch(`${url}/metrics`, { headers: bearer });
  expect(response.status).toBe(200);
  return readFigures(await response.text());
};

/** By how much a counter has grown, with what a scrape itself counts left out by its labels. */
async function growth(
  name: string,
  labels: Readonly<Record<string, string>>,
  work: () => Promise<unknown>,
): Promise<number> {
  const before = (await scrape()).value(name, labels) ?? 0;
  await work();
  let after = before;
  // A request is counted when its last byte is out, which its client may know a moment before.
  await vi.waitFor(
    async () => {
      after = (await scrape()).value(name, labels) ?? 0;
      expect(after).toBeGreaterThan(before);
    },
    { timeout: 30_000, interval: 20 },
  );
  return after - before;
}

describe('/metrics', () => {
  it('is in Prometheus’s text format, and no cache keeps it', async () => {
    const response = await fetch(`${url}/metrics`, { headers: bearer });
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { families } = readFigures(await response.text());
    for (const { name, help, type } of families) {
      expect(name).toMatch(/^(gridhold|process|nodejs)_[a-z0-9_]+$/);
      expect(help, name).toMatch(/\S/);
      if (name.startsWith('gridhold_')) expect(name.endsWith('_total'), name).toBe(type === 'counter');
    }
    const names = families.map(({ name }) => name);
    expect(names).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(names).toContain('process_resident_memory_bytes');
    expect(new Set(names).size).toBe(names.length);
    const head = await fetch(`${url}/metrics`, { headers: bearer, method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('is for admins and for the token, in whatever case the scheme is written', async () => {
    const outcomes = async (headers: Record<string, string>): Promise<string> =>
      await outcomeOf(await fetch(`${url}/metrics`, { headers }));
    expect(await outcomes({ authorization: `bEARER  ${token}` })).toBe('200');
    expect(await outcomes({ ...guarded.admin.headers })).toBe('200');
    expect(await outcomes({})).toBe('401 UNAUTHENTICATED');
    expect(await outcomes({ authorization: `Bearer ${token}x` })).toBe('401 UNAUTHENTICATED');
    expect(await outcomes({ authorization: `Bearer ${token.slice(0, -1)}` })).toBe('401 UNAUTHENTICATED');
    expect(await outcomes({ authorization: `Basic ${token}` })).toBe('401 UNAUTHENTICATED');
    expect(await outcomes({ ...guarded.app.headers })).toBe('403 FORBIDDEN');
    expect(await outcomes({ ...guarded.ann.headers })).toBe('403 FORBIDDEN');
    const refused = await fetch(`${url}/metrics`);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('is not for pages of other origins, whatever they send', async () => {
    const response = await fetch(`${url}/metrics`, {
      headers: { ...bearer, origin: 'https://evil.example' },
    });
    expect(await outcomeOf(response)).toBe('403 FORBIDDEN');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('has a token that is good for nothing else, and stands in no log', async () => {
    const post = await fetch(`${url}/files`, { method: 'POST', body: 'x', headers: bearer });
    expect(await outcomeOf(post)).toBe('401 UNAUTHENTICATED');
    const graphql = await fetch(`${url}/graphql?query={__typename}`, { headers: bearer });
    expect(graphql.status).toBe(401);
    expect(guarded.service.output()).not.toContain(token);
  });

  it('is read as often as anybody likes, also when guesses from the same address are shut out', async () => {
    // More than the limit: the minute of the first ones may end in between.
    let outcome = '';
    for (let guess = 0; guess < 90 && outcome !== '429 RATE_LIMITED'; guess++) {
      const headers = { authorization: `Bearer wrong-${guess}` };
      outcome = await outcomeOf(await fetch(`${url}/metrics`, { headers }));
    }
    expect(outcome).toBe('429 RATE_LIMITED');
    for (let turn = 0; turn < 50; turn++) await scrape();
    expect(
      (await scrape()).value('gridhold_errors_total', { edge: 'http', code: 'RATE_LIMITED' }),
    ).toBeGreaterThan(0);
  });

  it('is open where everybody is admin, and then a token stops the start', async () => {
    const open = await startService();
    expect((await fetch(`${open.url}/metrics`)).status).toBe(200);
    const origin = { origin: 'https://evil.example' };
    expect((await fetch(`${open.url}/metrics`, { headers: origin })).status).toBe(403);
    await open.stop();
    await expect(startService({ GRIDHOLD_METRICS_TOKEN: token })).rejects.toThrow(
      /ended with 2:\s+A setting is wrong:\s+GRIDHOLD_METRICS_TOKEN: .*GRIDHOLD_AUTH is none/,
    );
  });
});

describe('requests', () => {
  it('are counted by route, method and status, with their time and their bytes', async () => {
    const bytes = Buffer.alloc(300_000, 'x');
    const posted = { route: '/files', method: 'POST', status: '201' };
    let id = '';
    const post = async () => {
      id = await stored(guarded.app, bytes, '?visibility=PUBLIC');
    };
    expect(await growth('gridhold_http_requests_total', posted, post)).toBe(1);
    expect((await scrape()).value('gridhold_http_request_duration_seconds_count', posted)).toBe(1);
    expect(await growth('gridhold_http_received_bytes_total', {}, post)).toBe(300_000);
    const get = async () => await (await fetch(`${url}/files/${id}/name`)).arrayBuffer();
    expect(await growth('gridhold_http_sent_bytes_total', {}, get)).toBeGreaterThanOrEqual(300_000);
    const got = { route: '/files/{id}', method: 'GET', status: '200' };
    expect(await growth('gridhold_http_requests_total', got, get)).toBe(1);
  });

  it('make no label that they choose themselves', async () => {
    const { app } = guarded;
    await app.fetch('/no/such/route');
    await app.fetch('/files/none', { method: 'PROPFIND' });
    await app.graphql('{ noSuchField }');
    const found = { route: '/files/{id}', method: 'other', status: '405' };
    await eventually(async () => (await scrape()).value('gridhold_http_requests_total', found)).toBe(1);
    const figures = await scrape();
    expect(figures.value('gridhold_http_requests_total', { route: 'none' })).toBe(1);
    const routes = ['none', '/metrics', '/files', '/files/{id}', '/graphql', '/upload/{token}'];
    expect(routes).toEqual(
      expect.arrayContaining(figures.labelValues('gridhold_http_requests_total', 'route')),
    );
  });

  it('that are under way show, and so do their bytes', async () => {
    const { data } = await guarded.app.graphql<{ generateUploadUrl: { url: string } }>(
      'mutation { generateUploadUrl { url } }',
    );
    const target = data.generateUploadUrl.url;
    const before = (await scrape()).value('gridhold_http_received_bytes_total') ?? 0;
    const connection = await RawConnection.open(target);
    connection.head('PUT', target, { 'Content-Length': 200_000 }).send(Buffer.alloc(150_000));
    await vi.waitFor(
      async () => {
        const figures = await scrape();
        expect(figures.value('gridhold_uploads_running')).toBe(1);
        expect(figures.value('gridhold_http_received_bytes_total')).toBe(before + 150_000);
      },
      { timeout: 30_000 },
    );
    connection.destroy();
    await vi.waitFor(
      async () => {
        const figures = await scrape();
        expect(figures.value('gridhold_uploads_running')).toBe(0);
        const lost = { edge: 'http', code: 'LENGTH_MISMATCH' };
        expect(figures.value('gridhold_errors_total', lost)).toBe(1);
      },
      { timeout: 30_000 },
    );
  });

  it('by GraphQL are counted as operations, and their errors by code', async () => {
    const { app } = guarded;
    const query = () => app.graphql('{ __typename }');
    expect(await growth('gridhold_graphql_operations_total', { type: 'query' }, query)).toBe(1);
    const failing = () => app.graphql('mutation { revokeFileUrls(id: "none") { id } }');
    const notFound = { edge: 'graphql', code: 'FILE_NOT_FOUND' };
    expect(await growth('gridhold_errors_total', notFound, failing)).toBe(1);
    expect(await growth('gridhold_graphql_operations_total', { type: 'mutation' }, failing)).toBe(1);
    const invalid = { edge: 'graphql', code: 'GRAPHQL_VALIDATION_FAILED' };
    expect(await growth('gridhold_errors_total', invalid, () => app.graphql('{ none }'))).toBe(1);
    expect(
      (await scrape()).value('gridhold_errors_total', { edge: 'http', code: 'INTERNAL_SERVER_ERROR' }),
    ).toBe(0);
  });
});

describe('README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, section = ''] = readme.split('### Metrics\n');
  const [body = ''] = section.split('\n### ');

  it('lists every figure of ours, its type and what it says, and no other', async () => {
    const { families } = await scrape();
    const rows = families
      .filter(({ name }) => name.startsWith('gridhold_'))
      .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`);
    expect(body.split('\n').filter((line) => line.startsWith('| `gridhold_'))).toEqual(rows);
  });

  it('has alerts that rest on figures that there are', async () => {
    const { families } = await scrape();
    const names = families.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    );
    const alerts = [...body.matchAll(/expr: (.*)/g)].map(([, expression = '']) => expression);
    expect(alerts.length).toBeGreaterThanOrEqual(5);
    expect(body).toContain('job_name: gridhold\n');
    expect(alerts).toContain('up{job="gridhold"} == 0');
    for (const alert of alerts) {
      // Prometheus's own, of each target.
      if (/^up\{job="gridhold"\} /.test(alert)) continue;
      const used = alert.match(/\b(?:gridhold|nodejs|process)_\w+/g) ?? [];
      expect(used.length, alert).toBeGreaterThan(0);
      expect(names, alert).toEqual(expect.arrayContaining(used));
    }
  });
});

it('leaves the default registry of prom-client to the app', async () => {
  await import('../src/metrics/metrics.ts');
  expect(register.getMetricsAsArray()).toEqual([]);
});
