import { Counter, Gauge, type Registry } from 'prom-client';
import type { PoolState } from '../storage/pool-watch.ts';

/** The connections of the client, which in the library is the app's, and all that the app does with it. */
export function poolFigures(registry: Registry, readPool: () => PoolState): void {
  const registers = [registry];
  const gauge = (name: string, help: string, pick: (state: PoolState) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(pick(readPool()));
      },
    });
  };
  gauge(
    'gridhold_mongodb_connections',
    'Connections to MongoDB, busy and idle; those of before the start count from their first use on',
    (state) => state.connections,
  );
  gauge('gridhold_mongodb_connections_busy', 'Connections that are in use', (state) => state.checkedOut);
  gauge(
    'gridhold_mongodb_connections_waiting',
    'Operations that wait for a connection',
    (state) => state.waiting,
  );
  gauge(
    'gridhold_mongodb_connections_max',
    'The most connections to one server (maxPoolSize; 0: no bound)',
    (state) => state.mostConnections,
  );
  let told = 0;
  new Counter({
    name: 'gridhold_mongodb_pool_cleared_total',
    help: 'Times that all connections to a server were dropped, because it failed',
    registers,
    collect() {
      const { cleared } = readPool();
      this.inc(cleared - told);
      told = cleared;
    },
  });
}
