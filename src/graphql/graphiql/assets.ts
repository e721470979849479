/**
 * GraphiQL's own files, from the package that carries them whole: 9 MB of text, so they are loaded when somebody first
 * opens the page, and named by their content, so that browsers load them once.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { firstSteps } from './first-steps.ts';
import { logo } from './logo.ts';

export interface Asset {
  readonly contentType: string;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

export interface GraphiqlAssets {
  /** By file name. */
  readonly files: ReadonlyMap<string, Asset>;
  readonly style: string;
  /** In the order of loading. */
  readonly scripts: readonly string[];
}

const compress = promisify(gzip);
const javascript = 'text/javascript; charset=utf-8';

/** A tab that is dragged or only pressed jumps aside, away from under the pointer, and its click is lost. */
const steadyTabs = '\n.graphiql-tab { transform: none !important; }\n';

let loaded: Promise<GraphiqlAssets> | null = null;

export function loadGraphiqlAssets(): Promise<GraphiqlAssets> {
  loaded ??= load();
  loaded.catch(() => {
    loaded = null;
  });
  return loaded;
}

async function load(): Promise<GraphiqlAssets> {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql');
  const files = new Map<string, Asset>();
  const add = async (name: string, extension: 'js' | 'css', text: string): Promise<string> => {
    const fileName = `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.${extension}`;
    const gzipped = new Uint8Array(await compress(text));
    files.set(fileName, {
      gzipped,
      contentType: extension === 'js' ? javascript : 'text/css; charset=utf-8',
    });
    return fileName;
  };
  const style = await add('graphiql', 'css', graphiql.css + steadyTabs);
  const workers = {
    editorWorkerService: await add('editor-worker', 'js', graphiql.editorWorkerService),
    json: await add('json-worker', 'js', graphiql.jsonWorker),
    graphql: await add('graphql-worker', 'js', graphiql.graphqlWorker),
  };
  const scripts = [await add('graphiql', 'js', graphiql.js), await add('start', 'js', startScript(workers))];
  return { files, style, scripts };
}

/**
 * A file of its own, because the page allows no inline script. The endpoint is the page's own address. GraphiQL takes
 * the variables of the tab that it opens with from what it remembers, and on the first visit that is nothing.
 */
function startScript(workers: Record<string, string>): string {
  const options = { title: 'Gridhold', logo, defaultTabs: firstSteps, shouldPersistHeaders: false };
  return `
const workers = ${JSON.stringify(workers)};
const here = document.currentScript.src;
try {
  if (localStorage.getItem('graphiql:tabState') === null) {
    localStorage.setItem('graphiql:variables', ${JSON.stringify(firstSteps[0]?.variables ?? '')});
  }
} catch {}
self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => new URL(workers[label] ?? workers.editorWorkerService, here).href,
};
YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), ${JSON.stringify(options)});
`;
}
