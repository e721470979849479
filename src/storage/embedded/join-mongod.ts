/** Joins the mongod that another process runs on the same directory, if there is one that can be relied on. */
import { type DataDirectory, isSameFolder, readRecord } from './data-directory.ts';
import type { EmbeddedMongod, MongodExit } from './embedded-mongod.ts';
import { connectLoopback } from './loopback-port.ts';
import { askIdentity, mongodUri } from './replica-set.ts';

const connectTimeoutMs = 2_000;

/**
 * The record only says where to look. What answers there is ours if it says that it keeps this very directory and is
 * the replica set of the record; a process ID or a port proves neither, both are used again. Null: none to join.
 */
export async function joinMongod(directory: DataDirectory): Promise<EmbeddedMongod | null> {
  const record = await readRecord(directory);
  // Without its owner it is about to end.
  if (record === null || !isAlive(record.ownerPid)) return null;
  const connection = await connectLoopback(record.port, connectTimeoutMs);
  if (connection === null) return null;
  const identity = await askIdentity(record.port);
  const isOurs =
    identity !== null &&
    identity.replicaSetId === record.replicaSetId &&
    (await isSameFolder(identity.databasePath, directory.databasePath));
  if (!isOurs) {
    connection.destroy();
    return null;
  }
  // The connection stays and says nothing: it closes when the mongod ends.
  const exited = new Promise<MongodExit>((resolve) => {
    connection.once('close', () => resolve({ code: null, signal: null }));
    if (connection.destroyed) resolve({ code: null, signal: null });
  });
  connection.resume().unref();
  return {
    uri: mongodUri(record.port),
    owned: false,
    pid: identity.pid,
    binary: record.binary,
    version: identity.version,
    dataDir: directory.path,
    logPath: directory.logPath,
    exited,
    stop: async () => void connection.destroy(),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
