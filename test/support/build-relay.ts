/**
 * What a Relay app's build does with a recipe: the real relay-compiler reads its `graphql` tags against our schema, and
 * each tag becomes an import of what was compiled (as babel-plugin-relay does it). Nothing of it stays.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'vite';

const repository = resolve(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);

export interface RelayBuild {
  /** What the compiler says. */
  readonly said: string;
  /** Names of what it has compiled. */
  readonly artifacts: readonly string[];
  readonly recipe: typeof import('../recipes/relay.ts');
  /** The one that the recipe runs on. */
  readonly runtime: typeof import('relay-runtime');
}

/** @throws with the compiler's words where it does not accept the recipe or the schema */
export async function buildRelay(): Promise<RelayBuild> {
  const directory = await mkdtemp(join(tmpdir(), 'gridhold-relay-'));
  try {
    const said = await compile(directory);
    const compiled = (await readdir(join(directory, '__generated__'))).sort();
    const artifacts = compiled.map((name) => name.replace('.graphql.ts', ''));
    await writeFile(
      join(directory, 'app.ts'),
      "export * as recipe from './relay.ts';\nexport * as runtime from 'relay-runtime';\n",
    );
    const app: Pick<RelayBuild, 'recipe' | 'runtime'> = await import(await bundle(directory));
    return { said, artifacts, recipe: app.recipe, runtime: app.runtime };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function compile(directory: string): Promise<string> {
  const recipes = join(repository, 'test/recipes');
  const config: object = JSON.parse(await readFile(join(recipes, 'relay.config.json'), 'utf8'));
  await copyFile(join(recipes, 'relay.ts'), join(directory, 'relay.ts'));
  await copyFile(join(repository, 'schema.graphql'), join(directory, 'schema.graphql'));
  const here = { src: '.', schema: './schema.graphql' };
  await writeFile(join(directory, 'relay.config.json'), JSON.stringify({ ...config, ...here }));
  const compiler: string = require('relay-compiler');
  const { stdout, stderr } = await promisify(execFile)(compiler, ['--noWatchman'], { cwd: directory });
  return stdout + stderr;
}

const tagsToImports: Plugin = {
  name: 'relay-tags',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/relay.ts')) return null;
    const imports: string[] = [];
    const replaced = code.replace(/graphql`\s*(?:query|mutation|fragment) (\w+)[^`]*`/g, (_, name) => {
      imports.push(`import ${name} from './__generated__/${name}.graphql.ts';`);
      return name;
    });
    return `${imports.join('\n')}\n${replaced}`;
  },
};

async function bundle(directory: string): Promise<string> {
  await build({
    configFile: false,
    root: directory,
    logLevel: 'error',
    plugins: [tagsToImports],
    // Bundled from a directory that has no packages of its own.
    resolve: { alias: { 'relay-runtime': require.resolve('relay-runtime') } },
    ssr: { noExternal: true },
    build: {
      ssr: join(directory, 'app.ts'),
      outDir: directory,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'app.mjs' } },
    },
  });
  return pathToFileURL(join(directory, 'app.mjs')).href;
}
