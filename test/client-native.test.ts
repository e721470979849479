/**
 * `gridhold/client` on React Native, which can't run here: a program in which XMLHttpRequest and FormData behave as React
 * Native's are documented to, and the globals that it lacks are missing (children/native-app.mjs). Only that platform is
 * stood in for: the multipart bodies go to the real service.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from './support/requests.ts';
import { startService } from './support/service.ts';

interface Report {
  readonly outcomes: Record<string, object>;
  readonly progress: readonly (readonly [loaded: number, attempt: number])[];
  readonly attempts: readonly number[];
  readonly sent: readonly Record<string, string>[];
}

const content = 'a,b\n1,2\n';
let directory: string;
let report: Report;

beforeAll(async () => {
  const service = await startService();
  directory = await mkdtemp(join(tmpdir(), 'gridhold-native-'));
  const path = join(directory, 'picked.csv');
  await writeFile(path, content);
  const program = resolve(import.meta.dirname, 'children/native-app.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    service.url,
    pathToFileURL(path).href,
  ]);
  report = JSON.parse(stdout);
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const stored = { size: content.length, sha256: sha256Of(content) };

describe('on React Native', () => {
  it('a file by its URI is stored with its name and type, as a form that the platform makes', () => {
    expect(report.outcomes['whole']).toEqual({ filename: 'größe.txt', contentType: 'text/csv', ...stored });
    expect(report.sent[0]).toEqual({ 'content-type': 'multipart/form-data; boundary=b' });
  });

  it('a file without a name or a type gets them from its URI and its bytes', () => {
    expect(report.outcomes['unnamed']).toMatchObject({ filename: 'picked.csv', ...stored });
  });

  it('the options win over what the picker gave', () => {
    expect(report.outcomes['named']).toEqual({ filename: 'b.txt', contentType: 'text/plain', ...stored });
  });

  it('a Blob and bytes are stored as they are', () => {
    expect(report.outcomes['blob']).toMatchObject({ contentType: 'text/plain', sha256: sha256Of('blob') });
    expect(report.outcomes['bytes']).toMatchObject({ sha256: sha256Of(new Uint8Array([1, 2, 3])) });
  });

  it('a refusal is the typed error', () => {
    expect(report.outcomes['tooLarge']).toEqual({ name: 'GridholdClientError', code: 'FILE_TOO_LARGE' });
  });

  it('progress rises from 0', () => {
    const [first, ...more] = report.progress;
    expect(first).toEqual([0, 1]);
    expect(more.length).toBeGreaterThan(0);
    expect(more.every(([loaded]) => loaded > 0)).toBe(true);
  });

  it('a connection that the platform tells of as timed out is tried again', () => {
    expect(report.outcomes['repeated']).toEqual({ filename: 'c.txt', contentType: 'text/csv', ...stored });
    expect(report.attempts).toEqual([1, 2]);
  });

  it('an abort rejects as one, although its signals carry no reason', () => {
    expect(report.outcomes['aborted']).toEqual({ name: 'AbortError', code: null });
  });
});
