/** All routes of the API. Whatever happens in one, the answer has CORS headers and words. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendPreflight, setCorsHeaders } from './cors.ts';
import { sendProblem } from './problem.ts';
import { drain } from './request-body.ts';
import { UserError } from './user-error.ts';

export interface ApiRoute {
  readonly methods: readonly string[];
  handle(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): unknown;
}

/** @param origins of the chat's page */
export function createApi(routes: Readonly<Record<string, ApiRoute>>, origins: readonly string[]) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      setCorsHeaders(request, response, origins);
      const { pathname, searchParams } = addressOf(request);
      const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
      if (!route) throw new UserError(404, 'NOT_FOUND', `There is nothing at ${pathname.slice(0, 100)}.`);
      if (request.method === 'OPTIONS') return sendPreflight(response, route.methods);
      if (!route.methods.includes(request.method ?? '')) {
        response.setHeader('allow', [...route.methods, 'OPTIONS'].join(', '));
        throw new UserError(405, 'METHOD_NOT_ALLOWED', `${pathname} takes ${route.methods.join(' or ')}.`);
      }
      await route.handle(request, response, searchParams);
    } catch (error) {
      sendProblem(response, error);
      drain(request);
    }
  };
}

/** @throws UserError */
function addressOf({ url = '/' }: IncomingMessage): URL {
  const base = 'http://localhost';
  if (!url.startsWith('/') || !URL.canParse(base + url)) {
    throw new UserError(400, 'BAD_USER_INPUT', 'The address can’t be read.');
  }
  return new URL(base + url);
}
