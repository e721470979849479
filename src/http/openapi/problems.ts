/**
 * Errors as responses of the document: of each status one, with every code that it may have here and an example that
 * the program itself wrote.
 */
import { type ErrorCode, errorCodes } from '../../errors/codes.ts';
import { type ErrorDetails, GridholdError } from '../../errors/gridhold-error.ts';
import { problemDocument } from '../problem.ts';
import { headersNamed } from './headers.ts';
import { type Part, reference } from './schemas.ts';

/** What may happen to any request, before it is looked at. */
const anywhere: readonly ErrorCode[] = [
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'REQUEST_TIMEOUT',
  'REQUEST_TOO_LARGE',
  'INTERNAL_SERVER_ERROR',
];

/** Where credentials are looked at. */
export const ofCallers: readonly ErrorCode[] = ['UNAUTHENTICATED', 'FETCH_FAILED', 'STORAGE_UNAVAILABLE'];

const exampleDetails: Readonly<Partial<Record<ErrorCode, ErrorDetails>>> = {
  METHOD_NOT_ALLOWED: { allow: ['GET', 'POST'] },
  UPLOAD_IN_PROGRESS: { retryAfter: 10 },
  FILE_IN_USE: {
    documents: [{ collection: 'messages', documentId: '1', field: 'file' }],
    refCount: 1,
  },
  FILE_TOO_LARGE: { maxSize: 10_000_000 },
  CONTENT_TYPE_NOT_ALLOWED: { declared: 'text/html', allowed: ['image/*'] },
  RANGE_NOT_SATISFIABLE: { size: 42_030 },
  RATE_LIMITED: { retryAfter: 30 },
  STORAGE_UNAVAILABLE: { retryAfter: 1 },
};

const headersOf: Readonly<Partial<Record<ErrorCode, string>>> = {
  UNAUTHENTICATED: 'WWW-Authenticate',
  METHOD_NOT_ALLOWED: 'Allow',
  UPLOAD_IN_PROGRESS: 'Retry-After',
  RANGE_NOT_SATISFIABLE: 'Content-Range',
  RATE_LIMITED: 'Retry-After',
  STORAGE_UNAVAILABLE: 'Retry-After',
};

function byStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const found = new Map<number, ErrorCode[]>();
  for (const code of new Set([...anywhere, ...codes])) {
    const { status } = errorCodes[code];
    found.set(status, [...(found.get(status) ?? []), code]);
  }
  return found;
}

function exampleOf(code: ErrorCode): Part {
  const error = new GridholdError(code, errorCodes[code].title, exampleDetails[code]);
  const value: unknown = JSON.parse(problemDocument(error, 'the-id-of-the-request'));
  return { summary: errorCodes[code].title, value };
}

/** The components that paths refer to: others would be in nobody's use. */
export function examplesIn(paths: Part): Readonly<Record<string, Part>> {
  const text = JSON.stringify(paths);
  const codes = Object.keys(errorCodes)
    .filter(isErrorCode)
    .filter((code) => text.includes(`"#/components/examples/${code}"`));
  return Object.fromEntries(codes.map((code) => [code, exampleOf(code)]));
}

function isErrorCode(code: string): code is ErrorCode {
  return code in errorCodes;
}

/** @param html whether browsers that ask for it get a page that says the same */
export function problems(codes: readonly ErrorCode[], { html = false } = {}): Record<string, Part> {
  const responses = [...byStatus(codes)].map(([status, those]) => {
    const more = those.flatMap((code) => headersOf[code] ?? []);
    const response = {
      description: those.map((code) => `\`${code}\`: ${errorCodes[code].title}.`).join('\n'),
      headers: headersNamed(...new Set(['X-Request-Id', ...more])),
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              reference('schemas', 'Problem'),
              { type: 'object', properties: { code: { enum: those }, status: { const: status } } },
            ],
          },
          examples: Object.fromEntries(
            those.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
          ),
        },
        ...(html ? { 'text/html': { schema: { type: 'string' } } } : {}),
      },
    };
    return [String(status), response] as const;
  });
  return Object.fromEntries(responses);
}

/** As GraphQL has them: an answer with `errors`, whose codes stand in `extensions`. */
export function graphqlErrors(codes: readonly ErrorCode[]): Record<string, Part> {
  const responses = [...byStatus(codes)].map(([status, those]) => {
    const more = those.flatMap((code) => headersOf[code] ?? []);
    const schema = reference('schemas', 'GraphqlAnswer');
    const response = {
      description: those.map((code) => `\`${code}\`: ${errorCodes[code].title}.`).join('\n'),
      headers: headersNamed(...new Set(['X-Request-Id', ...more])),
      content: {
        'application/graphql-response+json': { schema },
        'application/json': { schema },
        'application/problem+json': { schema: reference('schemas', 'GraphqlProblem') },
      },
    };
    return [String(status), response] as const;
  });
  return Object.fromEntries(responses);
}
