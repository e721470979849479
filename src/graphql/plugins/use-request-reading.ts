/**
 * Reads the operations out of a request, before anything else of Yoga does: which methods and media types there are,
 * the proof that a browser meant it, and the limits of bodies. Yoga's own parsers keep whole files in memory and report
 * malformed input as faults.
 */
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { watchPartTypes } from '../../domain/content-type.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';
import type { ServerContext } from '../context.ts';
import { mostJsonBytes, type Operation, operationOfQueryString, readJson } from '../operations.ts';
import { multipartHeadBytes, readMultipart } from '../uploads/read-multipart.ts';

const csrfHeaders = ['apollo-require-preflight', 'x-graphql-yoga-csrf'];
const mediaTypes = ['application/json', 'multipart/form-data'];

export function useRequestReading({
  maxUploadBytes,
}: {
  maxUploadBytes: number;
}): Plugin<object, ServerContext> {
  return {
    onRequestParse({ request, url, serverContext, setRequestParser }) {
      setRequestParser(reader(request, url, serverContext));
    },
  };

  function reader(
    request: Request,
    url: URL,
    context: ServerContext,
  ): () => Promise<GraphQLParams | GraphQLParams[]> {
    if (request.method === 'GET') return async () => operationOfQueryString(url.searchParams);
    if (request.method !== 'POST') {
      throw new GridholdError('METHOD_NOT_ALLOWED', `GraphQL takes GET and POST, not ${request.method}`, {
        allow: ['GET', 'POST'],
      });
    }
    checkEncoding(request);
    const declared = request.headers.get('content-type');
    const contentType = declared ?? '';
    const [essence = '', ...rest] = contentType.split(';');
    const mediaType = essence.trim().toLowerCase();
    if (mediaType === 'application/json') return () => fromJson(request, contentType, context);
    if (mediaType === 'multipart/form-data') {
      checkCsrf(request);
      context.useCases.checkMayStore(context.caller);
      return () => fromMultipart([mediaType, ...rest].join(';'), context);
    }
    throw new GridholdError(
      'CONTENT_TYPE_NOT_ALLOWED',
      `GraphQL by POST takes ${mediaTypes.join(' and ')}, not ${declared ?? 'a body without a type'}`,
      { declared, allowed: mediaTypes },
    );
  }

  function fromJson(
    request: Request,
    contentType: string,
    { exchange }: ServerContext,
  ): Promise<Operation | Operation[]> {
    const announced = request.headers.get('content-length');
    return readJson(announced === null ? null : Number(announced), () =>
      exchange.openBody({ contentType, limitBytes: 2 * mostJsonBytes }),
    );
  }

  async function fromMultipart(contentType: string, { exchange, useCases, caller }: ServerContext) {
    const partTypes = watchPartTypes(contentType);
    const body = exchange.openBody({ contentType, limitBytes: multipartHeadBytes, partTypes });
    const { operations, uploads } = await readMultipart(body, {
      failure: () => body.errored,
      stage: (incoming) => useCases.stageFile(incoming, caller),
      typeOf: partTypes.typeOf,
      maxFileSize: maxUploadBytes,
    });
    exchange.uploads = uploads;
    return operations;
  }
}

/**
 * Browsers send multipart to anybody without asking first, and with the user's credentials; a header of one's own makes
 * them ask. JSON is never sent without asking.
 */
function checkCsrf(request: Request): void {
  if (csrfHeaders.some((name) => request.headers.get(name) !== null)) return;
  throw new GridholdError(
    'CSRF_HEADER_REQUIRED',
    `A multipart request must carry the header ${csrfHeaders.join(' or ')}, with any value`,
  );
}

/** RFC 9110, section 8.4: bytes that are not what they stand for until somebody unpacks them. */
function checkEncoding(request: Request): void {
  const encoding = request.headers.get('content-encoding');
  if (encoding === null || ['', 'identity'].includes(encoding.trim().toLowerCase())) return;
  throw new GridholdError(
    'CONTENT_TYPE_NOT_ALLOWED',
    'Content-Encoding: encoded requests are not taken; send the body as it is',
  );
}
