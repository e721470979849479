/** GraphiQL as a browser gets it: whole from this server, kept for ever, and with tabs that work as they stand. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buildClientSchema, getIntrospectionQuery, parse, validate } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { repository, type Service, startService } from './support/service.ts';

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

let service: Service;
let page: Response;
let html: string;
/** By absolute URL: what the page and its start script name. */
const assets = new Map<string, { readonly headers: Headers; readonly text: string }>();

beforeAll(async () => {
  service = await startService();
  page = await fetch(`${service.url}/graphql`, { headers: browser });
  html = await page.text();
  const below = [...html.matchAll(/(?:src|href)="(\.[^"]+)"/g)].map(
    ([, path = '']) => new URL(path, page.url).href,
  );
  const load = async (url: string): Promise<void> => {
    const response = await fetch(url);
    expect(response.status, url).toBe(200);
    assets.set(url, { headers: response.headers, text: await response.text() });
  };
  for (const url of below) await load(url);
  const start = below.find((url) => url.includes('/start-')) ?? '';
  const [, workers = '{}'] = /^const workers = (.*);$/m.exec(assets.get(start)?.text ?? '') ?? [];
  for (const name of Object.values<string>(JSON.parse(workers))) await load(new URL(name, start).href);
});

describe('the page', () => {
  it('comes to browsers, and to nobody else', async () => {
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('vary')).toMatch(/accept/i);
    const other = await fetch(`${service.url}/graphql`, { headers: { accept: '*/*' } });
    expect(other.headers.get('content-type')).toMatch(/json/);
    const root = await fetch(service.url, { headers: browser, redirect: 'manual' });
    expect(root.headers.get('location')).toMatch(/\/graphql$/);
  });

  it('allows scripts, workers and requests of its own origin only, and nothing inline', () => {
    const policy = new Map(
      (page.headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
        const [name = '', ...sources] = directive.split(' ');
        return [name, sources.join(' ')];
      }),
    );
    expect(policy.get('default-src')).toBe("'none'");
    for (const name of ['script-src', 'worker-src', 'connect-src'])
      expect(policy.get(name), name).toBe("'self'");
    for (const name of ['base-uri', 'form-action', 'frame-ancestors'])
      expect(policy.get(name), name).toBe("'none'");
    for (const sources of policy.values()) expect(sources).not.toMatch(/https?:|\*|'unsafe-eval'|blob:/);
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(html).not.toMatch(/\son\w+=/);
  });

  it('loads from no other host: neither itself nor its styles, scripts and workers', () => {
    expect(assets.size).toBeGreaterThanOrEqual(6);
    const named = [...html.matchAll(/(?:src|href|action|poster|data)\s*=\s*["']([^"']*)["']/g)].map(
      ([, url = '']) => url,
    );
    expect(named.filter((url) => !/^(?:\.|data:)/.test(url))).toEqual([]);
    for (const [url, { text }] of assets) {
      expect(new URL(url).origin).toBe(service.url);
      const loaded = [
        /@import\s+(?:url\()?["']?(?:https?:)?\/\//,
        /url\(\s*["']?(?:https?:)?\/\//,
        /\b(?:importScripts|import|fetch|Worker|SharedWorker|WebSocket|EventSource)\(\s*["'`](?:https?:|wss?:)?\/\//,
        /\.(?:src|href)\s*=\s*["'`](?:https?:)?\/\//,
      ];
      for (const pattern of loaded) expect(pattern.exec(text)?.[0], url).toBeUndefined();
    }
  });

  it('names its assets by their content, so that browsers keep them for ever', async () => {
    for (const [url, { headers }] of assets) {
      expect(url).toMatch(/\/graphql\/[a-z-]+-[0-9a-f]{16}\.(?:js|css)$/);
      expect(headers.get('cache-control')).toMatch(/max-age=31536000.*immutable/);
      expect(headers.get('content-encoding')).toBe('gzip');
      expect(headers.get('content-type')).toMatch(/^text\/(?:javascript|css); charset=utf-8$/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const absent = await fetch(`${service.url}/graphql/start-0000000000000000.js`);
    expect(absent.status).toBe(404);
  });

  it('works below /graphql/ as well', async () => {
    const below = await fetch(`${service.url}/graphql/`, { headers: browser });
    const [, script = ''] = /src="([^"]+)"/.exec(await below.text()) ?? [];
    expect((await fetch(new URL(script, below.url))).status).toBe(200);
  });
});

describe('the tabs', () => {
  interface Tab {
    readonly query: string;
    readonly variables: string;
  }
  let tabs: readonly Tab[];
  beforeAll(() => {
    const start = [...assets].find(([url]) => url.includes('/start-'))?.[1].text ?? '';
    const [, options = '{}'] =
      /renderYogaGraphiQL\(document\.getElementById\('root'\), (.*)\);$/m.exec(start) ?? [];
    const parsed: { defaultTabs: Tab[] } = JSON.parse(options);
    tabs = parsed.defaultTabs;
  });

  it('are five operations of this schema, each with the variables that it takes', async () => {
    const { data } = await service.graphql<Parameters<typeof buildClientSchema>[0]>(getIntrospectionQuery());
    const schema = buildClientSchema(data);
    expect(tabs).toHaveLength(5);
    for (const { query, variables } of tabs) {
      const document = parse(query);
      expect(validate(schema, document)).toEqual([]);
      const declared = document.definitions.flatMap((definition) =>
        definition.kind === 'OperationDefinition'
          ? (definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
          : [],
      );
      expect(Object.keys(JSON.parse(variables)).sort()).toEqual([...new Set(declared)].sort());
    }
  });

  it('tell a file’s whole life, run one after another with the IDs pasted in', async () => {
    const [first, second, third, fourth, fifth] = tabs;
    const run = async <Data>(tab: Tab | undefined, pasted: object, operationName?: string): Promise<Data> => {
      const response = await fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query: tab?.query,
          variables: { ...JSON.parse(tab?.variables ?? '{}'), ...pasted },
          ...(operationName === undefined ? {} : { operationName }),
        }),
      });
      const { data, errors }: { data: Data; errors?: unknown } = await response.json();
      expect(errors).toBeUndefined();
      return data;
    };
    const { generateUploadUrl: made } = await run<{ generateUploadUrl: { id: string; url: string } }>(
      first,
      {},
    );
    const photo = await readFile(resolve(repository, 'test/fixtures/photo.jpg'));
    expect((await fetch(made.url, { method: 'PUT', body: photo })).status).toBe(201);
    const { uploadUrl: sent } = await run<{ uploadUrl: { status: string; file: { id: string } } }>(second, {
      uploadUrl: made.id,
    });
    expect(sent.status).toBe('STORED');
    const file = sent.file.id;
    expect(await run(third, { file })).toMatchObject({ attachFile: { file: { refCount: 1 } } });
    expect(await run(fourth, {})).toMatchObject({ files: { nodes: [{ id: file, refCount: 1 }] } });
    const names = parse(fifth?.query ?? '').definitions.flatMap((definition) =>
      definition.kind === 'OperationDefinition' && definition.name ? [definition.name.value] : [],
    );
    expect(await run(fifth, { file }, names[0])).toMatchObject({
      detachFile: { detached: true, file: { refCount: 0 } },
    });
    if (names[1] !== undefined) {
      expect(await run(fifth, { file }, names[1])).toMatchObject({ deleteFile: { deleted: true } });
    }
  });
});
