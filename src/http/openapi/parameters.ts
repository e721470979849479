/** Parameters of requests, by the name of their component. */
import { inputLimits } from '../../domain/check-input.ts';
import { type Part, reference } from './schemas.ts';

type Place = 'path' | 'query' | 'header';

const text = (place: Place, name: string, description: string, schema: Part = {}): Part => ({
  name,
  in: place,
  ...(place === 'path' ? { required: true } : {}),
  description,
  schema: { type: 'string', ...schema },
});

const digest = 'sha-256=:E/NRddADkz6kXV808949JtLwED7Lr6HLxKPlcIJrVeI=:';
const httpDate = 'Mon, 23 Nov 2026 06:41:57 GMT';

export const parameters: Readonly<Record<string, Part>> = {
  fileId: {
    name: 'id',
    in: 'path',
    required: true,
    description: 'The storage ID. What is none names no file: 404.',
    schema: reference('schemas', 'FileId'),
  },
  filenameInPath: text('path', 'filename', 'For people, and for `curl -O`. It is ignored.', {
    examples: ['photo.jpg'],
  }),
  token: text('path', 'token', 'As `generateUploadUrl` gave it.', {
    pattern: '^[\\w.-]+$',
    examples: ['upload_01m83j7mctecybg6vg32vawbk1.1.c2lnbmF0dXJl'],
  }),
  download: {
    ...text('query', 'download', 'Present, with any value: to be saved rather than shown.'),
    allowEmptyValue: true,
  },
  expires: text('query', 'expires', 'Of a signed URL.'),
  filename: text('query', 'filename', 'The name of the file.', { maxLength: inputLimits.filenameCharacters }),
  visibility: text('query', 'visibility', 'In any case of letters. Without it, as the settings say.', {
    enum: ['PUBLIC', 'PRIVATE', 'public', 'private'],
  }),
  attachTo: text(
    'query',
    'attachTo',
    'The document that holds the file: `collection/documentId` or `collection/documentId/field`, each part percent-encoded once more, so that it may hold a slash.',
    { examples: ['messages/1', 'posts/a%2Fb/cover'] },
  ),
  idempotencyKey: text('header', 'Idempotency-Key', 'The same request again gets the same file, for a day.', {
    minLength: 1,
    maxLength: inputLimits.idempotencyKeyCharacters,
  }),
  contentDigest: text('header', 'Content-Digest', 'RFC 9530: checked where it has sha-256.', {
    examples: [digest],
  }),
  digest: text('header', 'Digest', 'The older RFC 3230: the same.', {
    examples: ['sha-256=E/NRddADkz6kXV808949JtLwED7Lr6HLxKPlcIJrVeI='],
  }),
  range: text('header', 'Range', 'RFC 9110, section 14.2. What is malformed is ignored.', {
    examples: ['bytes=0-99'],
  }),
  ifRange: text('header', 'If-Range', 'RFC 9110, section 13.1.5.', { examples: ['"13f35175"'] }),
  ifMatch: text('header', 'If-Match', 'RFC 9110, section 13.1.1.', { examples: ['"13f35175"'] }),
  ifNoneMatch: text('header', 'If-None-Match', 'RFC 9110, section 13.1.2.', { examples: ['"13f35175"'] }),
  ifModifiedSince: text('header', 'If-Modified-Since', 'RFC 9110, section 13.1.3.', { examples: [httpDate] }),
  ifUnmodifiedSince: text('header', 'If-Unmodified-Since', 'RFC 9110, section 13.1.4.', {
    examples: [httpDate],
  }),
};

export const conditions = ['ifMatch', 'ifNoneMatch', 'ifModifiedSince', 'ifUnmodifiedSince'];
