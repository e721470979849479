/** The package as npm would publish it: its weight, its entries, and its types in an app outside of this repository. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from './support/service.ts';

const run = promisify(execFile);
const binary = (name: string): string => join(repository, 'node_modules/.bin', name);
const mostClientBytes = 6_000;

let directory: string;
let tarball: string;
let packed: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gridhold-package-'));
  // Without scripts: it has been built, and a build now would be in the way of other tests.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', directory], { cwd: repository });
  const [name = ''] = (await readdir(directory)).filter((file) => file.endsWith('.tgz'));
  tarball = join(directory, name);
  packed = join(directory, 'app/node_modules/gridhold');
  await mkdir(packed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', packed, '--strip-components=1']);
  await linkOthers(join(directory, 'app/node_modules'));
  await copyDriver(join(directory, 'app/node_modules/other-driver'));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** What an app would have installed beside it. */
async function linkOthers(target: string): Promise<void> {
  const installed = join(repository, 'node_modules');
  for (const name of await readdir(installed)) {
    if (!name.startsWith('.') && name !== 'gridhold')
      await symlink(join(installed, name), join(target, name));
  }
}

describe('what a browser loads', () => {
  const bundle = async (entry: string): Promise<{ gzipped: number; imports: readonly string[] }> => {
    const built = await build({
      configFile: false,
      root: directory,
      logLevel: 'silent',
      build: {
        write: false,
        minify: true,
        modulePreload: { polyfill: false },
        rolldownOptions: {
          input: join(packed, entry),
          // All that is exported counts, not only what some app uses.
          preserveEntrySignatures: 'strict',
          // Whatever is imported by a bare name would show.
          external: /^[^./\0]/,
        },
      },
    });
    const [result] = Array.isArray(built) ? built : [built];
    if (!result || !('output' in result)) throw new Error(`${entry} was not built`);
    const [{ code, imports }, ...more] = result.output;
    expect(more).toEqual([]);
    return { gzipped: gzipSync(code, { level: 9 }).byteLength, imports };
  };

  it(`of gridhold/client is less than ${mostClientBytes} bytes gzipped as an app is built, and imports nothing`, async () => {
    const { gzipped, imports } = await bundle('dist/client/index.js');
    expect(imports).toEqual([]);
    expect(gzipped).toBeLessThan(mostClientBytes);
    expect(gzipped, 'all of it is there').toBeGreaterThan(3_000);
  });

  it('of gridhold/react imports React, and says that it runs in the client', async () => {
    expect((await bundle('dist/react/index.js')).imports).toEqual(['react']);
    expect(await readFile(join(packed, 'dist/react/index.js'), 'utf8')).toMatch(/^'use client';/);
  });
});

describe('the package', () => {
  it('has no fault that publint finds', async () => {
    await run(binary('publint'), ['run', packed, '--strict', '--pack', 'false']);
  });

  it('has types that resolve everywhere, as attw finds', async () => {
    await run(binary('attw'), [tarball, '--profile', 'esm-only']);
  });

  it('has what its entries name, and nothing of the tests', async () => {
    const files = await readdir(packed);
    expect(files.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'docs',
      'package.json',
      'schema.graphql',
    ]);
  });
});

const clientCode = `
import { createGridholdClient, GridholdClientError, type GridholdFile, type UploadedFile, uploadTo } from 'gridhold/client';
import { useFiles, useUpload } from 'gridhold/react';

const gridhold = createGridholdClient({ url: 'https://files.example', headers: async () => ({ authorization: 'x' }) });

export async function send(file: File): Promise<string> {
  try {
    const stored: UploadedFile = await gridhold.upload(file, {
      onProgress: ({ loaded, total }) => console.log(loaded, total ?? 0),
      attachTo: { document: { collection: 'messages', documentId: '1' } },
    });
    await uploadTo(async () => new URL('https://files.example/upload/x'), new Uint8Array([1]));
    for await (const one of gridhold.files({ filter: { owner: 'me' } })) show(one);
    return stored.storageId;
  } catch (error) {
    if (error instanceof GridholdClientError && error.code === 'FILE_TOO_LARGE') return String(error.details['maxSize']);
    throw error;
  }
}
function show(file: GridholdFile): number {
  return file.size;
}
export function Files(): string {
  const { upload, status, progress } = useUpload(gridhold);
  const { files, loadMore } = useFiles(gridhold, { pageSize: 5 });
  void upload(new Blob()).then(loadMore);
  return [status, progress?.loaded, ...files.map(({ id }) => id)].join();
}
`;

/** Each must be an error: a type that is silently \`any\` would let it pass. */
const mistakes: readonly string[] = [
  `import { createGridholdClient } from 'gridhold/client'; createGridholdClient({ uri: 'x' });`,
  `import { uploadTo } from 'gridhold/client'; export const n: number = (await uploadTo('x', new Blob())).id;`,
  `import { uploadTo } from 'gridhold/client'; void uploadTo('x', 'a text');`,
  `import { useUpload } from 'gridhold/react'; export const s: 'done' = useUpload('x').status;`,
  `import type { GridholdClient } from 'gridhold/client'; export const f = (c: GridholdClient) => c.nothing;`,
  // An upload URL's maker says what the file is stored with: what is not listened to must not be taken.
  `import { useUpload } from 'gridhold/react'; void useUpload('x').upload(new Blob(), { attachTo: { document: { collection: 'a', documentId: 'b' } } });`,
];

const serverCode = `
import { MongoClient } from 'mongodb';
import { createGridhold, GridholdError, type Gridhold } from 'gridhold';
import { openEmbeddedMongod } from 'gridhold/embedded';

export async function start(): Promise<Gridhold> {
  const client = await new MongoClient('mongodb://127.0.0.1').connect();
  const gridhold = await createGridhold({ client, database: 'app' });
  const file = await gridhold.store(new Uint8Array(), { filename: 'a.txt' });
  if (file.size > 1) throw new GridholdError('FILE_TOO_LARGE', 'Too large');
  await gridhold.serve(new Request('http://127.0.0.1'), { id: file.id, headers: { 'x-app': 'ours' } });
  return gridhold;
}
export const embedded: typeof openEmbeddedMongod = openEmbeddedMongod;
`;

/** As with Mongoose, whose driver is another copy. */
const otherDriverCode = `
import type { MongoClient } from 'other-driver';
import { createGridhold } from 'gridhold';

export async function start(client: MongoClient): Promise<void> {
  const gridhold = await createGridhold({ client, database: 'app' });
  const document = { collection: 'messages', documentId: '1' };
  await client.withSession((session) =>
    session.withTransaction(() => gridhold.attach({ fileId: 'file_1', document }, { session })),
  );
}
`;

/** TypeScript takes packages of one name and version for one. */
async function copyDriver(target: string): Promise<void> {
  const installed = join(repository, 'node_modules/mongodb');
  await mkdir(target);
  await copyFile(join(installed, 'mongodb.d.ts'), join(target, 'index.d.ts'));
  await writeFile(
    join(target, 'package.json'),
    JSON.stringify({ name: 'other-driver', version: '7.0.0', types: 'index.d.ts', main: 'index.js' }),
  );
}

/** TypeScript's own output: empty where all is well. */
async function check(files: Readonly<Record<string, string>>, options: object): Promise<string> {
  const folder = await mkdtemp(join(directory, 'app/check-'));
  const settings = { strict: true, noEmit: true, target: 'es2022', jsx: 'react-jsx', ...options };
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: settings, include: ['*.ts'] }),
  );
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, code] of Object.entries(files)) await writeFile(join(folder, `${name}.ts`), code);
  return await run(binary('tsc'), ['-p', folder, '--pretty', 'false'], { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
}

/** The files that have errors. */
const faulty = (output: string): string[] => [
  ...new Set([...output.matchAll(/^(\S+)\(\d+,\d+\): error TS\d+/gm)].map(([, file]) => file ?? '')),
];

describe.each([
  ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
  ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
] as const)('the types in an app (%s)', (_name, resolution) => {
  it('of gridhold/client and gridhold/react hold without skipLibCheck, and find mistakes', async () => {
    const options = { ...resolution, skipLibCheck: false, types: [], lib: ['es2022', 'dom', 'dom.iterable'] };
    const wrong = Object.fromEntries(mistakes.map((code, index) => [`mistake-${index}`, code]));
    const output = await check({ right: clientCode, ...wrong }, options);
    expect(faulty(output).sort(), output).toEqual(Object.keys(wrong).map((name) => `${name}.ts`));
  });

  it('of gridhold and gridhold/embedded hold, and find mistakes', async () => {
    // As on a server: without the DOM.
    const options = { ...resolution, skipLibCheck: false, types: ['node'], lib: ['es2023'] };
    const wrong = serverCode.replace(`database: 'app'`, 'database: 5');
    const ignored = serverCode.replace(`headers: { 'x-app': 'ours' }`, 'headers: 5');
    const output = await check({ right: serverCode, wrong, ignored }, options);
    expect(faulty(output).sort(), output).toEqual(['ignored.ts', 'wrong.ts']);
  });

  it('of gridhold take the client and the session of another copy of the driver, and no other object', async () => {
    const options = { ...resolution, skipLibCheck: true, types: ['node'], lib: ['es2023'] };
    const wrong = otherDriverCode.replace('{ client, database', "{ client: client.db('app'), database");
    const mistaken = otherDriverCode.replace('{ session }', '{ session: client }');
    const output = await check({ right: otherDriverCode, wrong, mistaken }, options);
    expect(faulty(output).sort(), output).toEqual(['mistaken.ts', 'wrong.ts']);
  });
});
