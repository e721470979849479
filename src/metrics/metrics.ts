/**
 * What one Gridhold counts and measures, in a registry of its own: two in one process do not mix, and an app's default
 * registry stays the app's. Each layer declares what it tells (its observer); here that becomes figures. This folder
 * alone knows prom-client.
 *
 * Labels are closed: routes of the route table, methods and codes of lists, states of the protocol. Nothing that a
 * client sends makes a new one.
 */
import { Gauge, Registry } from 'prom-client';
import type { SweepObserver } from '../domain/context.ts';
import type { OperationListener } from '../graphql/plugins/use-operation-count.ts';
import type { RequestObserver } from '../http/request-observer.ts';
import type { TransactionObserver } from '../storage/transaction.ts';
import { budgetFigures } from './budget-figures.ts';
import { graphqlFigures } from './graphql-figures.ts';
import { poolFigures } from './pool-figures.ts';
import { processFigures } from './process-figures.ts';
import { requestFigures } from './request-figures.ts';
import { storeFigures } from './store-figures.ts';
import { sweepFigures } from './sweep-figures.ts';
import { transactionFigures } from './transaction-figures.ts';
import type { Watched } from './watched.ts';

export interface Metrics {
  readonly requests: RequestObserver;
  readonly transactions: TransactionObserver;
  readonly sweeps: SweepObserver;
  readonly onOperation: OperationListener;
  /** Once, when there is something to watch. */
  watch(watched: Watched): void;
  /**
   * In Prometheus's text format 0.0.4, within some seconds whatever is away.
   * @param options.ofProcess with those of the whole process, which an app may have from elsewhere
   */
  read(options: { readonly ofProcess: boolean }): Promise<string>;
}

export function createMetrics({ version }: { readonly version: string }): Metrics {
  const registry = new Registry();
  let refresh = async (): Promise<void> => undefined;
  new Gauge({
    name: 'gridhold_build_info',
    help: '1; the version is a label',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
  return {
    requests: requestFigures(registry),
    transactions: transactionFigures(registry),
    sweeps: sweepFigures(registry),
    onOperation: graphqlFigures(registry),
    watch({ readPool, readStoreState, budgets }) {
      poolFigures(registry, readPool);
      budgetFigures(registry, budgets);
      refresh = storeFigures(registry, readStoreState);
    },
    async read({ ofProcess }) {
      await refresh();
      const own = await registry.metrics();
      return ofProcess ? `${own}${await processFigures().metrics()}` : own;
    },
  };
}
