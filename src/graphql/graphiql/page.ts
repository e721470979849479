/**
 * GraphiQL at `/graphql` for browsers, and its files below. Everything comes from this server: the page works offline,
 * and tells nobody that it was opened.
 */
import { type Asset, type GraphiqlAssets, loadGraphiqlAssets } from './assets.ts';
import { icon } from './logo.ts';

/** Monaco writes its styles into the page; scripts, workers and connections are this origin's only. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @param path from `/graphql` on. @returns null where the request is not a browser's for the page or a part of it */
export async function answerGraphiql(method: string, path: string, accept: string): Promise<Response | null> {
  if (method !== 'GET') return null;
  if (path === '/graphql' || path === '/graphql/') {
    if (!accept.includes('text/html')) return null;
    return page(await loadGraphiqlAssets(), path.endsWith('/') ? '.' : './graphql');
  }
  const name = path.slice('/graphql/'.length);
  if (!/^[a-z-]+-[0-9a-f]{16}\.(js|css)$/.test(name)) return null;
  const file = (await loadGraphiqlAssets()).files.get(name);
  return file ? asset(file) : null;
}

function page({ style, scripts }: GraphiqlAssets, below: string): Response {
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Gridhold · GraphiQL</title>
    <link rel="icon" href="${icon}">
    <link rel="stylesheet" href="${below}/${style}">
  </head>
  <body class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript. The API itself does not: POST your query to this address.</noscript>
    <div id="root"></div>
${scripts.map((name) => `    <script src="${below}/${name}"></script>`).join('\n')}
  </body>
</html>
`;
  return new Response(html, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': contentSecurityPolicy,
      'Cache-Control': 'no-cache',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      Vary: 'Accept',
    },
  });
}

/** Every browser that runs GraphiQL takes gzip; there is no other form, and no need to keep both. */
function asset({ contentType, gzipped }: Asset): Response {
  return new Response(gzipped, {
    headers: {
      'Content-Type': contentType,
      'Content-Encoding': 'gzip',
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
    },
  });
}
