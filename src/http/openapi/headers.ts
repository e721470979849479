/** Headers of answers, by the name of their component. */
import { type Part, reference } from './schemas.ts';

const text = (description: string, example: string, more: Part = {}): Part => ({
  description,
  schema: { type: 'string', examples: [example], ...more },
});

export const headers: Readonly<Record<string, Part>> = {
  'X-Request-Id': text('The name of this request in the log.', '0f2c1a52-8c2b-4a52-9a63-1de9a1a3ce4d'),
  'Retry-After': {
    description: 'Seconds to wait before the next try.',
    schema: { type: 'integer', minimum: 0, examples: [10] },
  },
  Allow: text('The methods that there are.', 'GET, HEAD, OPTIONS'),
  'WWW-Authenticate': text('RFC 6750.', 'Bearer'),
  Location: text(
    'Where the bytes of the file are.',
    'https://files.example.org/files/file_01m83j7mctecybg6vg32vawbk1',
  ),
  ETag: text('Strong: the SHA-256 of what does not change.', '"13f35175d003933ea45d5f34f3de3f26"'),
  'Last-Modified': text('When the file was stored.', 'Mon, 23 Nov 2026 06:41:57 GMT'),
  'Cache-Control': text('Who may keep it, and for how long.', 'public, max-age=3600, immutable'),
  'Content-Length': { description: 'Bytes.', schema: { type: 'integer', minimum: 0, examples: [42030] } },
  'Content-Range': text('RFC 9110, section 14.4.', 'bytes 0-99/42030'),
  'Content-Disposition': text('RFC 6266.', 'inline; filename="photo.jpg"'),
  'Accept-Ranges': text('Ranges are served.', 'bytes', { enum: ['bytes'] }),
  'Repr-Digest': text(
    'RFC 9530: of the whole file.',
    'sha-256=:E/NRddADkz6kXV808949JtLwED7Lr6HLxKPlcIJrVeI=:',
  ),
  'Content-Security-Policy': text(
    'Nothing that is served runs script.',
    "default-src 'none'; img-src 'self'",
  ),
  'X-Content-Type-Options': text('The type is the one that is said.', 'nosniff', { enum: ['nosniff'] }),
  'Cross-Origin-Resource-Policy': text('Pages of any origin may show it.', 'cross-origin'),
  'Cache-Tag': text('For CDNs that purge by it.', 'file_01m83j7mctecybg6vg32vawbk1'),
  'Access-Control-Allow-Methods': text('To a preflight.', 'GET, HEAD, OPTIONS'),
  'Access-Control-Allow-Headers': text('To a preflight: what it asked for.', 'authorization'),
  'Access-Control-Max-Age': text('To a preflight: seconds.', '7200'),
};

/** @throws where there is no such header: the document would point nowhere */
export function headersNamed(...names: readonly string[]): Part {
  const missing = names.find((name) => !(name in headers));
  if (missing !== undefined) throw new Error(`${missing}: no such header in the document`);
  return Object.fromEntries(names.map((name) => [name, reference('headers', name)]));
}
