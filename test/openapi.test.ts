/** `/openapi.json` says what the service does: held against its routes, its errors, its answers, and a linter. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { librarySettings } from '../src/config/library-settings.ts';
import { errorCodes, graphqlCodes } from '../src/errors/codes.ts';
import { openapiDocument } from '../src/http/openapi/document.ts';
import { findRoute } from '../src/http/route-table.ts';
import { createRoutes } from '../src/http/routes/routes.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { newUploadUrl, put, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const run = promisify(execFile);
const redocly = resolve(import.meta.dirname, '../node_modules/.bin/redocly');
const methods = ['get', 'head', 'post', 'put', 'delete', 'patch', 'options', 'trace'];

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly examples: Readonly<Record<string, object>>;
  };
}

let service: Service;
let document: Document;

beforeAll(async () => {
  service = await startService();
  document = await (await fetch(`${service.url}/openapi.json`)).json();
});

const methodsOf = (path: string): string[] =>
  Object.keys(document.paths[path] ?? {}).filter((key) => methods.includes(key));
const sampleOf = (path: string): string => path.replaceAll(/\{\w+\}/g, 'x');

describe('the routes of the document', () => {
  it('have the methods that the server says they have', async () => {
    const paths = Object.keys(document.paths);
    expect(paths.length).toBeGreaterThan(7);
    for (const path of paths) {
      const answer = await fetch(`${service.url}${sampleOf(path)}`, { method: 'OPTIONS' });
      const allowed = (answer.headers.get('allow') ?? '').toLowerCase().split(', ');
      expect(methodsOf(path).sort(), path).toEqual(allowed.sort());
    }
  });

  it('are all that there are, but for the one that leads browsers to GraphiQL', async () => {
    const { gridhold } = await openTestGridhold();
    const routes = createRoutes({
      useCases: gridhold.useCases,
      settings: librarySettings({}),
      isDraining: () => false,
      readMetrics: gridhold.metrics,
    });
    const described = Object.keys(document.paths).filter((path) => path !== '/graphql');
    const found = described.map((path) => findRoute(routes, [sampleOf(path)], 'GET')?.route.pattern ?? path);
    expect([...new Set([...found, '/'])].sort()).toEqual(routes.map(({ pattern }) => pattern).sort());
  });

  it('have names that are their own', () => {
    const ids = Object.values(document.paths).flatMap((item) =>
      methods.flatMap((method) => item[method]?.operationId ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the errors of the document', () => {
  it('are those of the table, each where it happens', () => {
    expect(document.components.schemas['ErrorCode']).toMatchObject({ enum: Object.keys(errorCodes) });
    const text = JSON.stringify(document.paths);
    const missing = Object.keys(errorCodes).filter((code) => !text.includes(`\`${code}\``));
    // What answers where there is no route can't stand at one.
    expect(missing).toEqual(['NOT_FOUND']);
    expect(JSON.stringify(document.components.schemas['GraphqlError'])).toContain(
      Object.keys(graphqlCodes).join('","'),
    );
  });

  it('stand under their status, with an example', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      for (const method of methodsOf(path)) {
        for (const [status, response] of Object.entries(item[method]?.responses ?? {})) {
          const text = JSON.stringify(response.content?.['application/problem+json'] ?? {});
          for (const [, code = ''] of text.matchAll(/components\/examples\/([A-Z_]+)/g)) {
            expect(document.components.examples[code], code).toMatchObject({
              value: { code, status: Number(status) },
            });
          }
        }
      }
    }
    expect(document.components.examples['RATE_LIMITED']).toMatchObject({
      value: { status: 429, retryable: true },
    });
  });
});

describe('an answer', () => {
  /** The schema of what was answered, with the document's components as its definitions. */
  function schemaFor(path: string, method: string, response: Response): z.ZodType {
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    const schema = document.paths[path]?.[method]?.responses[response.status]?.content?.[type]?.schema;
    if (!schema) throw new Error(`${method} ${path}: nothing of ${response.status} ${type} in the document`);
    const whole = JSON.stringify({ $defs: document.components.schemas, ...schema });
    return z.fromJSONSchema(JSON.parse(whole.replaceAll('#/components/schemas/', '#/$defs/')));
  }

  it('is as the document says, stored, read, refused or failed', async () => {
    const { url } = await newUploadUrl(service);
    const { id } = await storeFile(service, 'of some document');
    const post = { method: 'POST', body: 'some bytes' };
    const json = { 'content-type': 'application/json' };
    const batch = JSON.stringify([{ query: '{ __typename }' }, { query: '{ none }' }]);
    const cases: readonly [path: string, method: string, status: number, answer: Promise<Response>][] = [
      ['/files', 'post', 201, fetch(`${service.url}/files?filename=a.txt`, post)],
      ['/files', 'post', 400, fetch(`${service.url}/files?visibility=HIDDEN`, post)],
      ['/upload/{token}', 'put', 201, put(url, 'x')],
      ['/upload/{token}', 'post', 404, fetch(`${service.url}/upload/none`, post)],
      ['/files/{id}', 'get', 404, fetch(`${service.url}/files/none`)],
      [
        '/files/{id}/{filename}',
        'get',
        416,
        fetch(`${service.url}/files/${id}/x`, { headers: { range: 'bytes=99-' } }),
      ],
      ['/graphql', 'get', 200, fetch(`${service.url}/graphql?query={__typename}`)],
      [
        '/graphql',
        'post',
        200,
        fetch(`${service.url}/graphql`, { method: 'POST', headers: json, body: batch }),
      ],
      ['/graphql', 'post', 415, fetch(`${service.url}/graphql`, post)],
      ['/health', 'get', 200, fetch(`${service.url}/health`)],
      ['/ready', 'get', 200, fetch(`${service.url}/ready`)],
      ['/openapi.json', 'get', 412, fetch(`${service.url}/openapi.json`, { headers: { 'if-match': '"x"' } })],
    ];
    for (const [path, method, status, answer] of cases) {
      const response = await answer;
      expect(response.status, `${method} ${path}`).toBe(status);
      const schema = schemaFor(path, method, response);
      const body: unknown = await response.json();
      expect(schema.safeParse(body).error, `${method} ${path} ${JSON.stringify(body)}`).toBeUndefined();
      expect(schema.safeParse({ status: 'none of these' }).success, `${method} ${path}`).toBe(false);
    }
  });
});

it('bytes have a schema that generators of clients know as bytes', () => {
  const bodies = [
    ...JSON.stringify(document.paths).matchAll(/"([\w*]+\/[\w*.+-]+)":\{"schema":(\{[^{}]*\})/g),
  ];
  const ofBytes = bodies.filter(([, type = '']) => ['application/octet-stream', '*/*'].includes(type));
  // To store, to upload in two ways; and to get, by two paths, the whole or a part.
  expect(ofBytes).toHaveLength(6 + 4);
  for (const [, , schema = ''] of ofBytes)
    expect(JSON.parse(schema)).toEqual({ type: 'string', format: 'binary' });
  expect(JSON.stringify(document)).not.toContain('"schema":{}');
});

describe('/openapi.json', () => {
  it('is for pages of any origin, and not sent again to who has it', async () => {
    const first = await fetch(`${service.url}/openapi.json`, { headers: { origin: 'https://any.example' } });
    expect(first.headers.get('access-control-allow-origin')).toBe('*');
    expect(first.headers.get('content-type')).toBe('application/json');
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const headers = { 'if-none-match': first.headers.get('etag') ?? '', 'cache-control': 'max-age=0' };
    const again = await fetch(`${service.url}/openapi.json`, { headers });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('names the public URL with its prefix, and who must prove what', () => {
    const publicUrl = 'https://example.org/files-api';
    const guarded = openapiDocument({ publicUrl, auth: ['keys'], maxUploadBytes: 1_000 }, '1.2.3');
    expect(guarded).toMatchObject({
      info: { version: '1.2.3' },
      servers: [{ url: publicUrl }],
      paths: {
        '/files': { post: { security: [{ bearer: [] }] } },
        '/metrics': { get: { security: [{ bearer: [] }, { metricsToken: [] }] } },
        '/openapi.json': { get: { security: [] } },
      },
    });
    expect(document.servers).toEqual([{ url: '/' }]);
    expect(document.paths['/files']?.['post']).toMatchObject({ security: [{}, { bearer: [] }] });
  });

  it('is found without fault by redocly’s recommended rules', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gridhold-openapi-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, 'openapi.json'), JSON.stringify(document));
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const options = ['lint', '--extends=recommended', '--format=json', 'openapi.json'];
    const { stdout } = await run(redocly, options, { cwd: directory, env });
    const { totals, problems }: { totals: object; problems: object[] } = JSON.parse(stdout);
    expect(problems).toEqual([]);
    expect(totals).toMatchObject({ errors: 0, warnings: 0 });
  });
});
