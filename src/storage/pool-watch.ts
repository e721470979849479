/**
 * How the client's connections are doing, by the events of its pools (Connection Monitoring and Pooling specification).
 * An app's own client may have connections already: each is known from its first use on, so nothing is ever counted
 * below zero, and what idles from before is not counted.
 */
import type { MongoClient } from 'mongodb';

export interface PoolState {
  readonly connections: number;
  readonly checkedOut: number;
  /** Operations that wait for a connection. */
  readonly waiting: number;
  /** Of each server's pool; 0: without a bound. */
  readonly mostConnections: number;
  /** Times that a pool was emptied, because its server failed. */
  readonly cleared: number;
}

export interface PoolWatch {
  read(): PoolState;
  /** The listeners go with the last watch: the client may be the app's, and lives on. Safe to repeat. */
  stop(): void;
}

interface ConnectionEvent {
  readonly address: string;
  readonly connectionId: number | '<monitor>';
}

/** An app may have a store for each of its customers on one client: there is one set of listeners all the same. */
const watches = new WeakMap<MongoClient, { readonly watch: PoolWatch; users: number }>();

export function watchPool(client: MongoClient): PoolWatch {
  const shared = watches.get(client) ?? { watch: listenTo(client), users: 0 };
  watches.set(client, shared);
  shared.users += 1;
  let isStopped = false;
  return {
    read: shared.watch.read,
    stop() {
      if (isStopped) return;
      isStopped = true;
      shared.users -= 1;
      if (shared.users > 0) return;
      watches.delete(client);
      shared.watch.stop();
    },
  };
}

function listenTo(client: MongoClient): PoolWatch {
  const connections = new Set<string>();
  const checkedOut = new Set<string>();
  let waiting = 0;
  let cleared = 0;
  const nameOf = ({ address, connectionId }: ConnectionEvent): string => `${address} ${connectionId}`;
  const served = (): void => {
    waiting = Math.max(0, waiting - 1);
  };
  const onCreated = (event: ConnectionEvent): void => void connections.add(nameOf(event));
  const onClosed = (event: ConnectionEvent): void => {
    connections.delete(nameOf(event));
    checkedOut.delete(nameOf(event));
  };
  const onAsked = (): void => {
    waiting += 1;
  };
  const onCheckedOut = (event: ConnectionEvent): void => {
    served();
    connections.add(nameOf(event));
    checkedOut.add(nameOf(event));
  };
  const onCheckedIn = (event: ConnectionEvent): void => {
    connections.add(nameOf(event));
    checkedOut.delete(nameOf(event));
  };
  const onCleared = (): void => {
    cleared += 1;
  };
  client
    .on('connectionCreated', onCreated)
    .on('connectionClosed', onClosed)
    .on('connectionCheckOutStarted', onAsked)
    .on('connectionCheckOutFailed', served)
    .on('connectionCheckedOut', onCheckedOut)
    .on('connectionCheckedIn', onCheckedIn)
    .on('connectionPoolCleared', onCleared);
  return {
    read: () => ({
      connections: connections.size,
      checkedOut: checkedOut.size,
      waiting,
      mostConnections: client.options.maxPoolSize,
      cleared,
    }),
    stop() {
      client
        .off('connectionCreated', onCreated)
        .off('connectionClosed', onClosed)
        .off('connectionCheckOutStarted', onAsked)
        .off('connectionCheckOutFailed', served)
        .off('connectionCheckedOut', onCheckedOut)
        .off('connectionCheckedIn', onCheckedIn)
        .off('connectionPoolCleared', onCleared);
    },
  };
}
