/**
 * What a process holds, as Linux tells it (proc(5)). Other platforms tell less, and not without programs of theirs:
 * there nothing is measured.
 */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

export const isMeasurable = process.platform === 'linux';

function statusBytes(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const [, kibibytes] =
    new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}

export const rssBytes = (pid: number): number => statusBytes(pid, 'VmRSS');

/** The kernel keeps the peak itself: no sample misses it. */
export async function peakDuring(pid: number, work: () => Promise<unknown>): Promise<number> {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  await work();
  return statusBytes(pid, 'VmHWM');
}

export interface Held {
  readonly rssBytes: number;
  readonly descriptors: number;
  /** Open connections of clients, and to MongoDB. */
  readonly clients: number;
  readonly toMongodb: number;
}

export function heldBy(pid: number, ports: { readonly service: number; readonly mongod: number }): Held {
  const sockets = new Set<string>();
  const descriptors = readdirSync(`/proc/${pid}/fd`);
  for (const descriptor of descriptors) {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${descriptor}`)) ?? [];
    if (inode) sockets.add(inode);
  }
  const connections = readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode = '']) => state !== listening && sockets.has(inode));
  const portOf = (address = ''): number => Number.parseInt(address.split(':')[1] ?? '', 16);
  return {
    rssBytes: rssBytes(pid),
    descriptors: descriptors.length,
    clients: connections.filter(([, local]) => portOf(local) === ports.service).length,
    toMongodb: connections.filter(([, , remote]) => portOf(remote) === ports.mongod).length,
  };
}

const listening = '0A';

/** One that was closed since it was listed is nobody's. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
