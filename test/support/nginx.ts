/** nginx with the configuration of docs/caching-proxy.md, on a free port, without rights, in a folder that goes with it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';

const page = resolve(import.meta.dirname, '../../docs/caching-proxy.md');
const run = promisify(execFile);
const nobody = 65_534;
const closers: (() => Promise<void>)[] = [];

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  for (const close of closers) await close();
});

/** Why there is none on this machine, or null. */
export async function missingNginx(): Promise<string | null> {
  return await run('nginx', ['-v']).then(
    () => null,
    () => 'nginx is not installed',
  );
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** Ends with the test file. @param gridholdUrl the service that it stands before @throws what `nginx -t` finds */
export async function startNginx(port: number, gridholdUrl: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gridhold-nginx-'));
  closers.push(async () => rmSync(folder, { recursive: true, force: true }));
  const [, documented = ''] = /```nginx\n(.*?)```/s.exec(readFileSync(page, 'utf8')) ?? [];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const configuration = join(folder, 'nginx.conf');
  const places = documented
    .replace('/var/cache/nginx/gridhold', join(folder, 'cache'))
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replace('http://127.0.0.1:4000', gridholdUrl)
    .replace('Host files.example', `Host ${new URL(gridholdUrl).host}`);
  writeFileSync(
    configuration,
    `daemon off; pid ${folder}/pid; error_log stderr crit; events {}
http { access_log off; ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
${places} }`,
  );
  // As root, nginx would want a user of its own for its workers.
  const rights = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  if (rights.uid !== undefined) chownSync(folder, nobody, nobody);
  const given = ['-c', configuration, '-p', folder, '-e', 'stderr'];
  await run('nginx', [...given, '-t'], rights);
  const nginx = spawn('nginx', given, { stdio: 'inherit', ...rights });
  const exited = once(nginx, 'exit');
  closers.unshift(async () => {
    nginx.kill('SIGQUIT');
    await exited;
  });
  for (let look = 0; look < 200; look++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    if (answer?.status === 404) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error('nginx does not answer');
}
