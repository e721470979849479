/**
 * The frame of the few pages that the edge shows itself: no script, no request to anybody, styles by hash. Their address
 * holds a token, so they are not cached, framed, indexed or named to other sites.
 */
import { createHash } from 'node:crypto';
import { type Answer, type AnswerHeaders, textAnswer } from '../exchange.ts';

const style = `
:root { color-scheme: light dark; --ground: #f3f5f7; --card: #fff; --ink: #17212b; --soft: #55636f; --line: #d5dce2;
  --accent: #0b5fa5; --on-accent: #fff; --bad: #a8201a; --good: #146c3a; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #10151a; --card: #1a2128; --ink: #e9eef2; --soft: #a3b1bd; --line: #35414b;
    --accent: #6db6f2; --on-accent: #0b1a26; --bad: #ff9d95; --good: #7fd6a0; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(32rem, 100%); background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  padding: clamp(1.25rem, 5vw, 2.25rem); box-shadow: 0 10px 30px rgb(0 0 0 / 8%); }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h1.bad { color: var(--bad); } h1.good { color: var(--good); }
p { margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; margin: 0 0 1.5rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
label { display: block; font-weight: 600; margin-bottom: .5rem; }
input { display: block; width: 100%; padding: 1.1rem .9rem; border: 2px dashed var(--line); border-radius: 10px;
  background: var(--ground); color: inherit; font: inherit; }
input::file-selector-button { font: inherit; padding: .35rem .8rem; margin-right: .9rem; border-radius: 7px;
  border: 1px solid var(--line); background: var(--card); color: inherit; cursor: pointer; }
button { margin-top: 1.25rem; width: 100%; padding: .75rem; border: 0; border-radius: 10px; cursor: pointer;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; }
a { color: var(--accent); } code { font-size: .925em; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

const styleHash = createHash('sha256').update(style).digest('base64');

const pageHeaders: AnswerHeaders = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'Cache-Control': 'no-store',
  // Not `no-referrer`: under that a browser sends `Origin: null` with the form.
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex',
};

/** `content` is HTML: what comes from anybody else goes through `escapeHtml` first. */
export function htmlPage(
  status: number,
  page: { readonly title: string; readonly content: string; readonly headers?: AnswerHeaders },
): Answer {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${page.content}
</main>
</body>
</html>
`;
  return textAnswer(status, 'text/html; charset=utf-8', html, { ...pageHeaders, ...page.headers });
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
