/** schemathesis on the GraphQL schema: no fault of ours, whatever is asked. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, it } from 'vitest';
import { startGuardedService } from '../support/guarded-service.ts';
import { startService } from '../support/service.ts';
import { expectNoFinding, expectSound, fuzzPython } from './schemathesis.ts';

const hooks = fileURLToPath(new URL('../python/graphql_fuzz.py', import.meta.url));
const checks = ['no_fault'];

let python: string;
beforeAll(async () => {
  python = await fuzzPython();
}, 600_000);

describe('GraphQL', () => {
  it('has no fault, whatever everybody asks', async () => {
    const service = await startService();
    await expectNoFinding({ python, location: `${service.url}/graphql`, checks, hooks, mostExamples: 100 });
    await expectSound(service);
  });

  it('has none, whatever a user asks', async () => {
    const { service, ann, admin } = await startGuardedService({
      GRIDHOLD_INTROSPECTION: 'on',
      GRIDHOLD_USER_RATE_LIMIT: 'off',
    });
    const location = `${service.url}/graphql`;
    const authorization = ann.headers['authorization'];
    await expectNoFinding({ python, location, checks, hooks, authorization, mostExamples: 50 });
    await expectSound(service, admin.headers);
  });
});
