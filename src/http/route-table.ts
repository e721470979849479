/** Finding the route that a path means. Paths are matched as sent; parameters are decoded. */
import { GridholdError } from '../errors/gridhold-error.ts';
import type { RouteHandler } from './exchange.ts';
import type { Audience } from './origin-policy.ts';

export interface Route {
  /** For log lines: no ID and no token in it. */
  readonly pattern: string;
  /** The groups are the parameters. */
  readonly path: RegExp;
  readonly audience: Audience;
  /** Asked by machines that decide whether we live: never limited. */
  readonly isProbe?: boolean;
  /** GET answers HEAD too. */
  readonly methods: Readonly<Partial<Record<'GET' | 'POST' | 'PUT', RouteHandler>>>;
}

export interface RouteMatch {
  readonly route: Route;
  readonly parameters: readonly string[];
}

/** The first of the paths that has a route for the method; else the first that has a route at all. */
export function findRoute(
  routes: readonly Route[],
  paths: readonly string[],
  method: string,
): RouteMatch | null {
  const matches = paths.flatMap((path) => routes.flatMap((route) => matchRoute(route, path)));
  return matches.find(({ route }) => allowedMethods(route).includes(method)) ?? matches[0] ?? null;
}

function matchRoute(route: Route, path: string): RouteMatch[] {
  const match = route.path.exec(path);
  return match ? [{ route, parameters: match.slice(1).map(decodeSegment) }] : [];
}

/** A segment that is not valid percent-encoding is looked up as it stands, and found nowhere. */
function decodeSegment(segment: string | undefined): string {
  try {
    return decodeURIComponent(segment ?? '');
  } catch {
    return segment ?? '';
  }
}

export function allowedMethods(route: Route): readonly string[] {
  const methods = Object.keys(route.methods);
  return [...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'];
}

/** @throws METHOD_NOT_ALLOWED */
export function handlerFor(route: Route, method: string): RouteHandler {
  const handlers: Readonly<Record<string, RouteHandler | undefined>> = route.methods;
  const handler = handlers[method === 'HEAD' ? 'GET' : method];
  if (handler && Object.hasOwn(handlers, method === 'HEAD' ? 'GET' : method)) return handler;
  const allow = allowedMethods(route);
  throw new GridholdError('METHOD_NOT_ALLOWED', `${method} is not allowed here; ${allow.join(', ')} are`, {
    allow,
  });
}
