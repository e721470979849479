/**
 * The only place that connects to third parties. A host is looked up once, each of its addresses is judged, and the
 * connection goes to one of those that passed and to nothing else: a name that resolves otherwise a moment later gains
 * nothing. Addresses in the URL itself, which no look-up ever sees, are judged the same.
 */
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import pTimeout from 'p-timeout';
import type { AllowedTargets } from './allowed-targets.ts';
import { connectionFailure, failed, refused } from './failures.ts';
import type { LookUp, ResolvedAddress } from './look-up.ts';

/** One address of several that does not answer holds up the next no longer than this (RFC 8305, section 5). */
const attemptMs = 1_000;

export interface Guard {
  readonly allowed: AllowedTargets;
  /** Whose connection it is: look-ups go by turns. */
  readonly by: string;
  readonly lookUp: LookUp;
}

/**
 * Name, connection and TLS, whose certificate must be good whatever the environment says.
 * @throws FETCH_REFUSED naming the host, FETCH_FAILED saying how, or the signal's reason
 */
export async function openConnection(guard: Guard, url: URL, signal: AbortSignal): Promise<Socket> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = await permittedAddresses(guard, url, host, signal);
  const isSecure = url.protocol === 'https:';
  const options = {
    host,
    port: Number(url.port || (isSecure ? 443 : 80)),
    lookup: lookUpOf(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs,
  };
  const socket = isSecure
    ? tlsConnect({
        ...options,
        ...(isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
        ALPNProtocols: ['http/1.1'],
        rejectUnauthorized: true,
      })
    : tcpConnect(options);
  return await connected(socket, isSecure ? 'secureConnect' : 'connect', url, signal);
}

async function permittedAddresses(
  { allowed, by, lookUp }: Guard,
  url: URL,
  host: string,
  signal: AbortSignal,
): Promise<readonly ResolvedAddress[]> {
  const family = isIP(host);
  if (family !== 0) {
    if (!allowed.hasAddress(host)) throw refused(url, 'is not a public address');
    return [{ address: host, family }];
  }
  const isNamed = allowed.hasName(host);
  const found = await abortable(lookUp(host, by, signal), signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const failure = connectionFailure(url, error);
    // Told as of a name that leads inside, or answers would tell which names there are inside.
    if (!isNamed && isWithoutAddress(error)) return [];
    throw failure;
  });
  const permitted = isNamed ? found : found.filter(({ address }) => allowed.hasAddress(address));
  if (permitted.length > 0) return permitted;
  throw isNamed ? failed(url, 'has no address') : refused(url, 'has no public address');
}

function isWithoutAddress(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

/** In net's form: it asks for all addresses at once, since it may choose the family. */
function lookUpOf(addresses: readonly ResolvedAddress[]) {
  return (
    _host: string,
    _options: object,
    callback: (error: null, addresses: { address: string; family: number }[]) => void,
  ): void => {
    callback(null, [...addresses]);
  };
}

async function connected(socket: Socket, event: string, url: URL, signal: AbortSignal): Promise<Socket> {
  // A late error of a socket that nobody waits for would end the process.
  socket.on('error', () => undefined);
  try {
    await abortable(
      new Promise<void>((resolve, reject) => {
        socket.once(event, () => resolve());
        socket.once('error', reject);
        socket.once('close', () => reject(failed(url, 'broke the connection off')));
      }),
      signal,
    );
    return socket.setNoDelay(true);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw connectionFailure(url, error);
  }
}

/** Ends the wait, not the work. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return await pTimeout(work, { milliseconds: Number.POSITIVE_INFINITY, signal });
}
