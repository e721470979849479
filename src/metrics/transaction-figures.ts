import { Counter, type Registry } from 'prom-client';
import type { TransactionObserver } from '../storage/transaction.ts';

/** Our own transactions. Those of an app that Gridhold joins are the app's to watch. */
export function transactionFigures(registry: Registry): TransactionObserver {
  const registers = [registry];
  const retries = new Counter({
    name: 'gridhold_transaction_retries_total',
    help: 'Times that a transaction was tried again, because of a conflict or a failover',
    registers,
  });
  const givenUp = new Counter({
    name: 'gridhold_transactions_given_up_total',
    help: 'Transactions that did not get through in their time; the client was told STORAGE_UNAVAILABLE',
    registers,
  });
  return { retried: () => retries.inc(), gaveUp: () => givenUp.inc() };
}
