/** schemathesis on /openapi.json: no 500, and every answer as the document says. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, it } from 'vitest';
import { newKey, senderOf, startGuardedService } from '../support/guarded-service.ts';
import { newUploadUrl } from '../support/requests.ts';
import { startService } from '../support/service.ts';
import { expectNoFinding, expectSound, fuzzPython } from './schemathesis.ts';

/**
 * All but two. What a schema says of a parameter does not make a request good: a digest may be of other bytes, a
 * condition may not hold (`positive_data_acceptance`). And of what is malformed much is ignored by its RFC, such as a
 * Range, or names nothing (`negative_data_rejection`).
 */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'missing_required_header',
  'unsupported_method',
  'allow_header_conformance',
  'use_after_free',
  'ensure_resource_availability',
  'ignored_auth',
];

const hooks = fileURLToPath(new URL('../python/http_fuzz.py', import.meta.url));

let python: string;
beforeAll(async () => {
  python = await fuzzPython();
}, 600_000);

describe('the HTTP contract', () => {
  it('holds for whatever is sent where everybody is admin', async () => {
    const service = await startService();
    const location = `${service.url}/openapi.json`;
    await expectNoFinding({ python, location, checks, hooks, mostExamples: 60 });
    // The addresses that it makes up itself take no bytes.
    const { url } = await newUploadUrl(service);
    const token = new URL(url).pathname.slice('/upload/'.length);
    await expectNoFinding({
      python,
      location,
      checks: checks.filter((check) => check !== 'ensure_resource_availability'),
      config: `[parameters]\n"path.token" = "${token}"\n`,
      more: ['--include-path', '/upload/{token}', '--phases', 'coverage,fuzzing'],
      mostExamples: 100,
    });
    await expectSound(service);
  });

  it('holds for whatever is sent where callers prove who they are, by a key and by none', async () => {
    const { service } = await startGuardedService({ GRIDHOLD_ADDRESS_RATE_LIMIT: 'off' });
    const admin = senderOf(service, 'admin', await newKey(service, 'admin'));
    const location = `${service.url}/openapi.json`;
    const authorization = admin.headers['authorization'];
    await expectNoFinding({ python, location, checks, hooks, authorization, mostExamples: 40 });
    await expectNoFinding({ python, location, checks, hooks, mostExamples: 20 });
    await expectSound(service, admin.headers);
  });
});
