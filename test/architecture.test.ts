/** The layer rules of src, types included. A broken rule says what to do instead. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../src');

/** A folder (or a file at the top) is a layer; what it may import stands behind it. */
const layers: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  config: ['errors'],
  storage: ['config', 'errors'],
  outbound: ['config', 'errors'],
  domain: ['config', 'errors', 'storage', 'outbound'],
  graphql: ['config', 'errors', 'domain'],
  http: ['config', 'errors', 'domain'],
  metrics: ['config', 'errors', 'storage', 'domain', 'graphql', 'http'],
  'library.ts': ['config', 'errors', 'domain'],
  'gridhold.ts': [
    'config',
    'errors',
    'storage',
    'outbound',
    'domain',
    'graphql',
    'http',
    'metrics',
    'library.ts',
  ],
  'embedded.ts': ['storage'],
  client: [],
  react: ['client'],
  cli: ['config', 'errors', 'storage', 'domain', 'graphql', 'http', 'gridhold.ts'],
};

interface SourceFile {
  readonly path: string;
  readonly layer: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
    return { path, layer: path.split(/[/\\]/)[0] ?? path, text, imports };
  });

const localImports = (file: SourceFile): string[] =>
  file.imports
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(root, resolve(root, dirname(file.path), name)).replaceAll('\\', '/'));

describe('the architecture', () => {
  it('knows every folder of src as a layer', () => {
    const unknown = [...new Set(files.map(({ layer }) => layer))].filter((layer) => !(layer in layers));
    expect(unknown, 'a new folder needs a place in the layers of this test, with what it may import').toEqual(
      [],
    );
  });

  it('is told by CONTRIBUTING.md as it is held here', () => {
    const page = readFileSync(resolve(root, '../CONTRIBUTING.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([\w.]+)` \| [^|]+ \| ?([^|]*)\|$/gm)];
    const told = rows.map(([, layer = '', names = '']) => [layer, names.match(/[\w.]+/g) ?? []]);
    expect(Object.fromEntries(told), 'change the table there and the layers here together').toEqual(layers);
  });

  it('has imports that point down only, types included', () => {
    const broken = files.flatMap((file) =>
      localImports(file)
        .map((path) => path.split('/')[0] ?? path)
        .filter((layer) => layer !== file.layer && !layers[file.layer]?.includes(layer))
        .map((layer) => `${file.path} imports ${layer}`),
    );
    expect(
      broken,
      'pass it in from the composition root (gridhold.ts), or move what is shared to a lower layer',
    ).toEqual([]);
  });

  it('has no cycles of imports, types included', () => {
    const imports = new Map(files.map((file) => [file.path.replaceAll('\\', '/'), localImports(file)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (done.has(path) || trail.includes(path)) return;
      for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of imports.keys()) visit(path, []);
    expect(cycles, 'move what both need to a file of its own below them').toEqual([]);
  });

  it('reads the environment in config alone', () => {
    const readers = files.filter(
      ({ layer, text }) => layer !== 'config' && /process\s*\.\s*env\b/.test(text),
    );
    expect(
      readers.map(({ path }) => path),
      'make it a setting in src/config, and pass it in',
    ).toEqual([]);
  });

  it('knows MongoDB in storage alone, but for types in the surface of the library', () => {
    const broken = files.flatMap((file) => {
      const isSurface = file.path === 'gridhold.ts';
      const statements =
        file.text.match(/^(?:import|export)[^;]*from '(?:mongodb|mongodb-memory-server-core)';/gm) ?? [];
      return statements
        .filter(
          (statement) => file.layer !== 'storage' && !(isSurface && statement.startsWith('import type')),
        )
        .map((statement) => `${file.path}: ${statement}`);
    });
    expect(broken, 'add a statement to src/storage and call that').toEqual([]);
  });

  it('knows prom-client in metrics alone', () => {
    const broken = files.filter(
      ({ layer, imports }) => layer !== 'metrics' && imports.includes('prom-client'),
    );
    expect(
      broken.map(({ path }) => path),
      'tell an observer what happens, and let src/metrics count it',
    ).toEqual([]);
  });

  it('has the client stand apart, with no dependency but the platform, and the hooks with React alone', () => {
    const allowed: Readonly<Record<string, readonly string[]>> = { client: [], react: ['react'] };
    const broken = files.flatMap(({ layer, path, imports }) =>
      imports
        .filter((name) => !name.startsWith('.') && layer in allowed && !allowed[layer]?.includes(name))
        .map((name) => `${path} imports ${name}`),
    );
    expect(broken, 'browsers get this code: what it needs from the server stands in the contract').toEqual(
      [],
    );
  });

  it('has the examples use the package as its users do', () => {
    const examples = resolve(import.meta.dirname, '../examples');
    const broken = readdirSync(examples, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path))
      .flatMap((path) => {
        const { importedFiles } = ts.preProcessFile(readFileSync(join(examples, path), 'utf8'), true, true);
        return importedFiles
          .filter(
            ({ fileName }) =>
              fileName.startsWith('.') &&
              relative(examples, resolve(examples, dirname(path), fileName)).startsWith('..'),
          )
          .map(({ fileName }) => `examples/${path} imports ${fileName}`);
      });
    expect(broken, 'import from gridhold, gridhold/client, gridhold/react or gridhold/embedded').toEqual([]);
  });

  it('has the two edges know nothing of each other', () => {
    const broken = files.filter(
      (file) =>
        (file.layer === 'http' && file.imports.some((name) => /graphql/.test(name))) ||
        (file.layer === 'graphql' && localImports(file).some((path) => path.startsWith('http/'))),
    );
    expect(
      broken.map(({ path }) => path),
      'the composition root mounts the one on the other',
    ).toEqual([]);
  });
});
