/** The page of an example, as build-page.ts has built it. */
import { existsSync } from 'node:fs';
import sirv from 'sirv';
import { ExampleError } from './run-server.ts';
import type { Route } from './web-server.ts';

/** @param directory `examples/<name>/dist` */
export function staticPage(directory: string): Route {
  if (!existsSync(directory)) throw new ExampleError('The page is not built: start it by npm run example');
  const handle = sirv(directory, {
    etag: true,
    setHeaders(response, pathname) {
      // Names under assets/ have a hash of what is in them; the page itself names them anew after a build.
      const isHashed = pathname.startsWith('/assets/');
      response.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return {
    path: '/',
    methods: ['GET', 'HEAD'],
    handle: (request, response) =>
      handle(request, response, () => {
        response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
        response.end('There is nothing at this address\n');
      }),
  };
}
