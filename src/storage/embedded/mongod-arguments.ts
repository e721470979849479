/** How mongod is told to run: small, quiet, for this machine only, and as a replica set. */
import type { DataDirectory } from './data-directory.ts';

export const replicaSetName = 'gridhold';

export function mongodArguments(directory: DataDirectory, port: number, version: string): string[] {
  const major = Number.parseInt(version, 10);
  return [
    ...['--dbpath', directory.databasePath, '--port', String(port), '--bind_ip', '127.0.0.1'],
    ...['--replSet', replicaSetName],
    ...(process.platform === 'win32' ? [] : ['--nounixsocket']),
    // By default it would take half of the memory, and 5 % of the disk for the oplog, where every chunk passes.
    ...['--wiredTigerCacheSizeGB', '0.5', '--oplogSize', '1024'],
    ...[
      '--logpath',
      directory.logPath,
      '--logappend',
      '--logRotate',
      'reopen',
      '--quiet',
      '--slowms',
      '1000',
    ],
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
    // A primary that is told to end waits 15 s for others to take over; here are none.
    ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0'],
    // It phones home only when asked to, and 7.0 no longer can.
    ...(major < 7 ? ['--enableFreeMonitoring', 'off'] : []),
  ];
}
