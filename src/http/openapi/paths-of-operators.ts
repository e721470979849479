/** What watches over the service, or describes it. */
import { headersNamed } from './headers.ts';
import { open, type PathItem, parameter } from './operations.ts';
import { conditions } from './parameters.ts';
import { ofCallers, problems } from './problems.ts';
import type { Part } from './schemas.ts';

const status = (name: string): Part => ({
  description: 'Yes.',
  headers: headersNamed('X-Request-Id'),
  content: {
    'application/json': {
      schema: { type: 'object', required: ['status'], properties: { status: { const: name } } },
    },
  },
});

export function operatorPaths(operator: readonly Part[]): Readonly<Record<string, PathItem>> {
  return {
    '/health': {
      get: {
        operationId: 'showHealth',
        tags: ['operating'],
        summary: 'Whether the process lives',
        security: open,
        responses: { '200': status('ok'), ...problems([]) },
      },
    },
    '/ready': {
      get: {
        operationId: 'showReadiness',
        tags: ['operating'],
        summary: 'Whether MongoDB answers, and we are not stopping',
        security: open,
        responses: { '200': status('ready'), ...problems(['STORAGE_UNAVAILABLE']) },
      },
    },
    '/metrics': {
      get: {
        operationId: 'showMetrics',
        tags: ['operating'],
        summary: 'Figures for Prometheus',
        security: operator,
        responses: {
          '200': {
            description: "Prometheus's text format.",
            headers: headersNamed('X-Request-Id', 'Cache-Control', 'X-Content-Type-Options'),
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
          ...problems([...ofCallers, 'RATE_LIMITED']),
        },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'showDocument',
        tags: ['operating'],
        summary: 'This document',
        security: open,
        parameters: conditions.map(parameter),
        responses: {
          '200': {
            description: 'OpenAPI 3.1.',
            headers: headersNamed('X-Request-Id', 'ETag', 'Cache-Control'),
            content: { 'application/json': { schema: { type: 'object' } } },
          },
          '304': {
            description: 'It is as the client has it.',
            headers: headersNamed('X-Request-Id', 'ETag', 'Cache-Control'),
          },
          ...problems(['PRECONDITION_FAILED']),
        },
      },
    },
  };
}
