/**
 * Bytes of a file in a route of the app's own: all that the byte route does, from preconditions to ranges, and the
 * app's headers on top. Who may read is the app's to decide before it calls; `Host` is not checked, since the request
 * came to the app.
 */
import { anonymous, library } from '../domain/callers.ts';
import { isFileId } from '../domain/ids.ts';
import type { Logger } from '../domain/logger.ts';
import type { UseCases } from '../domain/use-cases.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import type { OpenAccount } from './account.ts';
import type { Answer, Exchange } from './exchange.ts';
import { fetchHead, throughRoute } from './fetch-adaptor.ts';
import type { HttpSettings } from './http-settings.ts';
import { judgeOrigin, preflightAnswer } from './origin-policy.ts';
import { requestIdOf } from './request-id.ts';
import { createServeRoute } from './routes/serve-file.ts';
import { answerSafely } from './visit.ts';

/** `HeadersInit`, which only TypeScript's DOM names: an app on Node need not have it. */
export type GivenHeaders = NonNullable<ConstructorParameters<typeof Headers>[0]>;

export interface ServeOptions {
  /** The file; without it, the one that the request's path names after `/files/`. */
  readonly id?: string;
  /** Set on answers that carry the file or say that it is unchanged, over our own. Errors keep theirs. */
  readonly headers?: GivenHeaders;
}

const methods = ['GET', 'HEAD', 'OPTIONS'];

export function createServe(options: {
  readonly useCases: Pick<UseCases, 'fileToServe' | 'readBytes'>;
  readonly settings: HttpSettings;
  readonly openAccount: OpenAccount;
  readonly logger: Logger;
}): (request: Request, serveOptions?: ServeOptions) => Promise<Response> {
  const route = createServeRoute(options.useCases, options.settings);

  return async (request, { id, headers } = {}) => {
    const head = fetchHead(request);
    const requestId = requestIdOf(head.header('x-request-id'));
    const origin = judgeOrigin(head, 'bytes', options.settings);
    const fileId = id ?? idInPath(head.path);
    const account = options.openAccount({
      requestId,
      head,
      pattern: 'serve',
      fileId: isFileId(fileId) ? fileId : null,
      kind: head.method === 'GET' ? 'download' : 'other',
    });
    const visit = { account, headers: { 'X-Request-Id': requestId, ...origin.headers } };
    // Which file, the app has decided; without that, the request is as anybody's.
    const caller = id === undefined ? anonymous : library;
    account.identified(caller);
    const context = { requestId, baseUrl: '', caller };

    async function answer(exchange: Exchange): Promise<Answer> {
      if (head.method === 'OPTIONS') return preflightAnswer(head, methods);
      if (head.method !== 'GET' && head.method !== 'HEAD') {
        throw new GridholdError('METHOD_NOT_ALLOWED', `${head.method} is not allowed here`, {
          allow: methods,
        });
      }
      return await route(exchange, [fileId], context);
    }
    const response = await throughRoute(
      request,
      head,
      visit,
      answerSafely(answer, requestId, options.logger),
    );
    if (response.status < 400) {
      for (const [name, value] of new Headers(headers)) response.headers.set(name, value);
    }
    return response;
  };
}

function idInPath(path: string): string {
  return /\/files\/([^/]+)/.exec(path)?.[1] ?? '';
}
