/** docker-compose.yml as Docker's own Compose reads it: what it sets are settings of ours, and its two halves fit. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { parseSettings } from '../src/config/parse-settings.ts';
import { repository } from './support/service.ts';

const run = promisify(execFile);
const compose = ['compose', '--file', resolve(repository, 'docker-compose.yml')];

interface Configuration {
  readonly services: Readonly<
    Record<
      'gridhold' | 'mongodb',
      {
        readonly environment?: Record<string, string>;
        readonly depends_on?: Record<string, { readonly condition: string }>;
        readonly command?: readonly string[];
        readonly healthcheck?: { readonly test: readonly string[] };
        readonly ports: readonly { readonly host_ip?: string; readonly target: number }[];
        readonly stop_grace_period?: string;
      }
    >
  >;
}

const missing = await run('docker', [...compose, 'version']).then(
  () => null,
  () => 'docker compose is not installed',
);

it.skipIf(missing)(`docker-compose.yml is what it should be${missing ? `: ${missing}` : ''}`, async () => {
  const { stdout, stderr } = await run('docker', [...compose, 'config', '--format', 'json'], {
    cwd: repository,
  });
  expect(stderr).toBe('');
  const { services }: Configuration = JSON.parse(stdout);
  const { gridhold, mongodb } = services;

  const settings = parseSettings(gridhold.environment ?? {});
  expect(settings.port).toBe(gridhold.ports[0]?.target);
  const uri = new URL(settings.mongodbUri ?? '');
  expect([mongodb.command?.[0], mongodb.command?.[1]]).toEqual([
    '--replSet',
    uri.searchParams.get('replicaSet'),
  ]);
  const initiated = `rs.initiate({ _id: '${uri.searchParams.get('replicaSet')}', members: [{ _id: 0, host: '${uri.host}' }] })`;
  expect(mongodb.healthcheck?.test.at(-1)).toContain(initiated);
  expect(gridhold.depends_on).toEqual({ mongodb: expect.objectContaining({ condition: 'service_healthy' }) });
  // Everybody who reaches them is admin.
  for (const { ports } of [gridhold, mongodb])
    expect(ports.map(({ host_ip }) => host_ip)).toEqual(['127.0.0.1']);
  expect(Number.parseInt(gridhold.stop_grace_period ?? '', 10) * 1_000).toBeGreaterThan(
    settings.shutdownTimeoutMs,
  );
});
