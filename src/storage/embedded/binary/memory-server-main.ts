/**
 * A program of its own, run by memory-server.ts: `memory-server-main.js cache|download [VERSION]`. Prints where the
 * mongod is, with the library's progress before it; on failure, the reason on stderr.
 */
import { connect } from 'node:net';
import { DryMongoBinary, MongoBinary } from 'mongodb-memory-server-core';
import { MongoBinaryDownloadUrl } from 'mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js';
import { loadEnvironment } from '../../../config/load-environment.ts';
import { foundPrefix } from './memory-server-output.ts';

/** The library itself would try for more than seven seconds in a closed network. */
const probeTimeoutMs = 1_500;

async function main(mode: string | undefined, version: string | undefined): Promise<string> {
  const wanted = version ? { version } : {};
  const options = await DryMongoBinary.generateOptions({ ...wanted, version: version ?? '' });
  const cached = await DryMongoBinary.locateBinary(options);
  if (cached !== undefined) return cached;
  if (mode !== 'download') throw new Error(`${options.version} is not in its cache`);
  await probe(new URL(await new MongoBinaryDownloadUrl(options).getDownloadUrl()));
  return MongoBinary.getPath(wanted);
}

/** Whether anything answers where the download would begin: the host, or the proxy in front of it. */
function probe(downloadUrl: URL): Promise<void> {
  const environment = loadEnvironment();
  const names = [
    'npm_config_https_proxy',
    'npm_config_proxy',
    'https_proxy',
    'http_proxy',
    'HTTPS_PROXY',
    'HTTP_PROXY',
  ];
  const proxy = names
    .map((name) => environment[name])
    .find((value) => value !== undefined && URL.canParse(value));
  const { hostname, port, protocol } = proxy === undefined ? downloadUrl : new URL(proxy);
  return new Promise((resolve, reject) => {
    const unreachable = (reason: string) => reject(new Error(`${hostname} can't be reached (${reason})`));
    const socket = connect({ host: hostname, port: Number(port) || (protocol === 'http:' ? 80 : 443) });
    const timer = setTimeout(() => {
      socket.destroy();
      unreachable(`no answer within ${probeTimeoutMs} ms`);
    }, probeTimeoutMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      unreachable('code' in error ? String(error.code) : error.message);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    });
  });
}

try {
  process.stdout.write(`${foundPrefix}${await main(process.argv[2], process.argv[3])}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
