/**
 * A process of its own that opens the embedded mongod, so that it can be killed like a real one. It runs what is built
 * (`npm run build` comes before the tests), because node runs no TypeScript.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

interface Opened {
  readonly uri: string;
  readonly owned: boolean;
  readonly pid: number;
  readonly version: string;
}

type Message =
  | { readonly opened: Opened }
  | { readonly failed: string }
  | { readonly progress: string }
  | { readonly exited: { readonly code: number | null; readonly signal: string | null } };

export interface OpenerProcess {
  readonly process: ChildProcess;
  /** Rejects with the message of the error that opening ended in. */
  readonly opened: Promise<Opened>;
  readonly progress: readonly string[];
  /** The end of the mongod, as the process saw it. */
  readonly mongodExited: Promise<unknown>;
  /** Calls `stop()` and ends the process. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const built = new URL('../../dist/storage/embedded/open-embedded-mongod.js', import.meta.url).href;

const program = `
import { openEmbeddedMongod } from ${JSON.stringify(built)};
process.on('SIGINT', () => undefined);
const say = (message) => process.send?.(message);
try {
  const mongod = await openEmbeddedMongod({
    ...JSON.parse(process.argv[1]),
    onProgress: (progress) => say({ progress }),
  });
  const { uri, owned, pid, version } = mongod;
  say({ opened: { uri, owned, pid, version } });
  void mongod.exited.then((exited) => say({ exited }));
  process.on('message', async (message) => {
    if (message === 'exit without stopping') process.exit(0);
    await mongod.stop();
    process.disconnect();
  });
} catch (error) {
  say({ failed: error.message });
  process.disconnect();
}
`;

export function openInProcess(
  options: { readonly dataDir: string; readonly mongod: string | null; readonly download?: string },
  spawnOptions: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly detached?: boolean } = {},
): OpenerProcess {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', program, JSON.stringify({ download: 'off', ...options })],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], ...spawnOptions },
  );
  const progress: string[] = [];
  const ended = once(child, 'exit').then(() => undefined);
  const messages = new Map<string, (value: Message) => void>();
  const message = (kind: string) => new Promise<Message>((resolve) => messages.set(kind, resolve));
  const outcome = Promise.race([message('opened'), message('failed')]);
  const mongodExited = message('exited').then((value) => ('exited' in value ? value.exited : null));
  child.on('message', (value: Message) => {
    if ('progress' in value) progress.push(value.progress);
    messages.get(Object.keys(value)[0] ?? '')?.(value);
  });
  const opened = Promise.race([outcome, ended]).then((value) => {
    if (value !== undefined && 'opened' in value) return value.opened;
    throw new Error(
      value !== undefined && 'failed' in value ? value.failed : 'the process ended before it had opened',
    );
  });
  return {
    process: child,
    opened,
    progress,
    mongodExited,
    stop: async () => {
      if (child.connected) child.send('stop');
      await ended;
    },
    kill: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}
