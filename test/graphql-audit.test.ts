/** The GraphQL over HTTP specification, as graphql-http audits it: no error, no warning, and not even a notice. */
import { auditServer } from 'graphql-http';
import { expect, it } from 'vitest';
import { startService } from './support/service.ts';

it('follows the specification in everything that is audited', async () => {
  const service = await startService();
  const results = await auditServer({ url: `${service.url}/graphql`, fetchFn: fetch });
  expect(results.length).toBeGreaterThan(50);
  const found = results.flatMap((result) =>
    result.status === 'ok' ? [] : [`${result.status} ${result.id} ${result.name}: ${result.reason}`],
  );
  expect(found).toEqual([]);
});
