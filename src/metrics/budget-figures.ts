import { Gauge, type Registry } from 'prom-client';
import type { ByteBudget } from '../storage/byte-budget.ts';
import type { Watched } from './watched.ts';

/** What writers and readers may hold in memory: where it is used up, transfers wait for MongoDB or for slow clients. */
export function budgetFigures(registry: Registry, budgets: Watched['budgets']): void {
  const gauge = (name: string, help: string, pick: (budget: ByteBudget) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['budget'],
      registers: [registry],
      collect() {
        for (const [budget, of] of Object.entries(budgets)) this.set({ budget }, pick(of));
      },
    });
  };
  gauge(
    'gridhold_budget_bytes',
    'Bytes of files that this process may hold in memory, by budget (write, read)',
    (budget) => budget.totalBytes,
  );
  gauge('gridhold_budget_used_bytes', 'Bytes of it that are in use', (budget) => budget.usedBytes);
  gauge('gridhold_budget_waiting', 'Transfers that wait for some of it', (budget) => budget.waiting);
}
