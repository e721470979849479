/** `/` leads to GraphiQL. */
import type { RouteHandler } from '../exchange.ts';

export function createRootRoute(publicUrl: string | null): RouteHandler {
  return async () => {
    const headers = { Location: `${publicUrl ?? ''}/graphql`, 'Cache-Control': 'no-store' };
    return { status: 302, headers, body: null };
  };
}
