/**
 * schemathesis against a service of this machine: how long, with which seed, and what it said. The seed of a run that
 * found something is printed; FUZZ_SEED repeats it, FUZZ_SECONDS gives each run more time.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openPythonEnvironment } from '../python/python-environment.ts';
import type { Service } from '../support/service.ts';

const seed = process.env['FUZZ_SEED'] ?? String(Math.floor(Math.random() * 1_000_000));
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 45);

export async function fuzzPython(): Promise<string> {
  const { program, missing } = await openPythonEnvironment('fuzz-requirements.txt');
  if (program === undefined) throw new Error(missing);
  return program;
}

export interface Fuzzing {
  readonly python: string;
  readonly location: string;
  readonly checks: readonly string[];
  /** Of the caller. */
  readonly authorization?: string | undefined;
  /** schemathesis's own settings file. */
  readonly config?: string;
  readonly more?: readonly string[];
  readonly hooks?: string;
  readonly mostExamples: number;
}

/** Fails with all that it said where it found something. */
export async function expectNoFinding(fuzzing: Fuzzing): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'gridhold-fuzz-'));
  try {
    const config = join(directory, 'schemathesis.toml');
    await writeFile(config, fuzzing.config ?? '');
    const options = [
      // Not its own program, which knows only the directory that it was installed to first.
      ...['-m', 'schemathesis.cli'],
      ...[
        '--config-file',
        config,
        'run',
        fuzzing.location,
        '--seed',
        seed,
        '--warnings',
        'off',
        '--no-color',
      ],
      ...['--max-time', String(seconds), '--max-examples', String(fuzzing.mostExamples)],
      ...['--checks', fuzzing.checks.join(','), '--generation-database', 'none', '--request-timeout', '20'],
      // Written like this, it is taken off where requests are tried without.
      ...(fuzzing.authorization ? ['--header', `Authorization: ${fuzzing.authorization}`] : []),
      ...(fuzzing.more ?? []),
    ];
    const { code, output } = await run(fuzzing.python, options, {
      cwd: directory,
      env: {
        PATH: process.env['PATH'],
        HOME: directory,
        ...(fuzzing.hooks ? { SCHEMATHESIS_HOOKS: fuzzing.hooks } : {}),
      },
    });
    const [, cases = '0'] = /(\d+) generated/.exec(output) ?? [];
    process.stdout.write(`${cases} requests to ${fuzzing.location} with the seed ${seed}\n`);
    expect(code, `FUZZ_SEED=${seed}\n${output}`).toBe(0);
    expect(Number(cases), output).toBeGreaterThan(20);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function run(
  program: string,
  options: readonly string[],
  where: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(program, options, { ...where, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** After all that: it lives, has logged no fault, and counted none. */
export async function expectSound(service: Service, headers: Readonly<Record<string, string>> = {}) {
  expect((await fetch(`${service.url}/ready`)).status).toBe(200);
  const metrics = await (await fetch(`${service.url}/metrics`, { headers })).text();
  for (const edge of ['http', 'graphql']) {
    expect(metrics).toContain(`gridhold_errors_total{edge="${edge}",code="INTERNAL_SERVER_ERROR"} 0\n`);
  }
  expect(metrics).toMatch(/^gridhold_uploads_running 0$/m);
  expect(service.log().filter(({ level }) => Number(level) >= 50)).toEqual([]);
}
