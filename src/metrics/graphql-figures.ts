import { Counter, type Registry } from 'prom-client';
import type { OperationListener } from '../graphql/plugins/use-operation-count.ts';

/** How long they take shows under the route `/graphql`. */
export function graphqlFigures(registry: Registry): OperationListener {
  const operations = new Counter({
    name: 'gridhold_graphql_operations_total',
    help: 'Operations that were executed, by type; those of a batch one by one',
    labelNames: ['type'],
    registers: [registry],
  });
  for (const type of ['query', 'mutation']) operations.inc({ type }, 0);
  return (type) => operations.inc({ type });
}
