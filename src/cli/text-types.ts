/**
 * Types of text by the ending of a name, for text has no signature that its bytes could show. Whatever has one is told
 * by its bytes, and they win over the name: no table of all types is wanted here.
 */
import { extname } from 'node:path';

const textTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.csv': 'text/csv',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.log': 'text/plain',
  '.md': 'text/markdown',
  '.mjs': 'text/javascript',
  '.tsv': 'text/tab-separated-values',
  '.txt': 'text/plain',
  '.xml': 'application/xml',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
};

export function textTypeOf(filename: string): string | null {
  return textTypes[extname(filename).toLowerCase()] ?? null;
}

/** Whether a terminal may be shown bytes of this type: the types of text, and those that are written in it. */
export function isShownAsText(contentType: string): boolean {
  const essence = contentType.split(';', 1)[0] ?? '';
  return /^text\/|[/+](?:json|xml|yaml|javascript)$/.test(essence);
}
