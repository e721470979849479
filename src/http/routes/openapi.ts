/** `/openapi.json`, made once. Open to all: it says nothing that a request to each route would not say. */
import { createHash } from 'node:crypto';
import { packageVersion } from '../../config/version.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';
import type { RouteHandler } from '../exchange.ts';
import type { HttpSettings } from '../http-settings.ts';
import { openapiDocument } from '../openapi/document.ts';
import { evaluatePreconditions } from '../serving/preconditions.ts';

export function createOpenapiRoute(settings: HttpSettings): RouteHandler {
  const made = lazily(() => {
    const body = Buffer.from(JSON.stringify(openapiDocument(settings, packageVersion())));
    return { body, etag: `"${createHash('sha256').update(body).digest('hex')}"` };
  });
  // Dates say nothing of it: only its tag does.
  const lastModified = Number.POSITIVE_INFINITY;

  return async ({ header }) => {
    const { body, etag } = made();
    const headers = { ETag: etag, 'Cache-Control': 'no-cache' };
    switch (evaluatePreconditions(header, { etag, lastModified })) {
      case 'failed':
        throw new GridholdError('PRECONDITION_FAILED', 'If-Match does not hold');
      case 'not-modified':
        return { status: 304, headers, body: null };
      default:
        return { status: 200, headers: { ...headers, 'Content-Type': 'application/json' }, body };
    }
  };
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
