import type { ReadStoreState } from '../domain/store-state.ts';
import type { ByteBudget } from '../storage/byte-budget.ts';
import type { PoolState } from '../storage/pool-watch.ts';

/** What is read when somebody asks for the metrics. */
export interface Watched {
  readonly readPool: () => PoolState;
  readonly readStoreState: ReadStoreState;
  readonly budgets: Readonly<Record<'write' | 'read', ByteBudget>>;
}
