/** `/files` and `/upload`: bytes in and out. */
import type { ErrorCode } from '../../errors/codes.ts';
import { headersNamed } from './headers.ts';
import { open, type PathItem, parameter } from './operations.ts';
import { conditions } from './parameters.ts';
import { ofCallers, problems } from './problems.ts';
import { binary, type Part, reference } from './schemas.ts';

const storing: readonly ErrorCode[] = [
  'LENGTH_MISMATCH',
  'CHECKSUM_MISMATCH',
  'FILE_TOO_LARGE',
  'CONTENT_TYPE_NOT_ALLOWED',
  'RATE_LIMITED',
  'STORAGE_UNAVAILABLE',
  'STORAGE_FULL',
];

const ofBytes = [
  ...['X-Request-Id', 'ETag', 'Last-Modified', 'Cache-Control', 'Content-Length', 'Content-Disposition'],
  ...['Accept-Ranges', 'Repr-Digest', 'Content-Security-Policy', 'X-Content-Type-Options'],
  ...['Cross-Origin-Resource-Policy', 'Cache-Tag'],
];

const anyBytes = { '*/*': { schema: binary } };

const stored = (description: string, html: boolean): Part => ({
  description,
  headers: headersNamed('X-Request-Id', 'Location', 'Cache-Control'),
  content: {
    'application/json': { schema: reference('schemas', 'Stored') },
    ...(html ? { 'text/html': { schema: { type: 'string' } } } : {}),
  },
  links: { bytes: { operationId: 'getFile', parameters: { id: '$response.body#/id' } } },
});

function rawBytes(maxUploadBytes: number): Part {
  return {
    description: `The bytes of the file, ${maxUploadBytes} at most. Their type is the request's Content-Type, unless they show another.`,
    content: { 'application/octet-stream': { schema: binary }, ...anyBytes },
  };
}

export function filePaths(limits: { readonly maxUploadBytes: number; readonly caller: readonly Part[] }): {
  readonly files: PathItem;
  readonly file: (name: '' | 'WithName') => PathItem;
  readonly upload: PathItem;
} {
  const { maxUploadBytes, caller } = limits;
  return {
    files: {
      post: {
        operationId: 'storeFile',
        tags: ['files'],
        summary: 'Store a file in one request',
        security: caller,
        parameters: ['filename', 'visibility', 'attachTo', 'idempotencyKey', 'contentDigest', 'digest'].map(
          parameter,
        ),
        requestBody: rawBytes(maxUploadBytes),
        responses: {
          '200': stored('The same request had stored it before.', false),
          '201': stored('It is stored.', false),
          ...problems([...storing, ...ofCallers, 'IDEMPOTENCY_KEY_USED']),
        },
      },
    },
    file: (name) => ({
      parameters: [parameter('fileId'), ...(name === '' ? [] : [parameter('filenameInPath')])],
      get: {
        operationId: `getFile${name}`,
        tags: ['files'],
        summary: 'The bytes of a file',
        description:
          'A public file by its ID. A private one by a signed URL, or with the credentials of who may read it.',
        security: [{}, { signature: [] }, { bearer: [] }],
        parameters: ['download', 'expires', 'range', 'ifRange', ...conditions].map(parameter),
        responses: {
          '200': { description: 'The whole file.', headers: headersNamed(...ofBytes), content: anyBytes },
          '206': {
            description: 'The ranges that were asked for; several of them as `multipart/byteranges`.',
            headers: headersNamed(...ofBytes, 'Content-Range'),
            content: anyBytes,
          },
          '304': {
            description: 'It is as the client has it.',
            headers: headersNamed('X-Request-Id', 'ETag', 'Cache-Control', 'Cross-Origin-Resource-Policy'),
          },
          ...problems([
            ...ofCallers,
            'FILE_NOT_FOUND',
            'PRECONDITION_FAILED',
            'RANGE_NOT_SATISFIABLE',
            'RATE_LIMITED',
          ]),
        },
      },
    }),
    upload: uploadPath(maxUploadBytes),
  };
}

function uploadPath(maxUploadBytes: number): PathItem {
  const addressed: readonly ErrorCode[] = ['UPLOAD_URL_NOT_FOUND', 'UPLOAD_URL_USED', 'UPLOAD_URL_EXPIRED'];
  const receive = (method: 'post' | 'put') => ({
    operationId: `${method}Upload`,
    tags: ['uploads'],
    summary: 'Send the bytes of one file to an upload URL',
    description: 'POST and PUT do the same. The URL itself is the permission.',
    security: open,
    parameters: ['filename', 'contentDigest', 'digest'].map(parameter),
    requestBody: {
      description: `The bytes of the file, ${maxUploadBytes} at most, raw or as the one file of a form.`,
      content: {
        'application/octet-stream': { schema: binary },
        'multipart/form-data': {
          schema: {
            type: 'object',
            required: ['file'],
            properties: { file: binary },
          },
        },
        ...anyBytes,
      },
    },
    responses: {
      '200': stored('The same bytes had been stored before.', true),
      '201': stored('It is stored.', true),
      ...problems([...storing, ...addressed, 'UPLOAD_IN_PROGRESS'], { html: true }),
    },
  });
  return {
    parameters: [parameter('token')],
    get: {
      operationId: 'showUploadForm',
      tags: ['uploads'],
      summary: 'A form to upload by, for browsers',
      security: open,
      responses: {
        '200': {
          description: 'The form.',
          headers: headersNamed('X-Request-Id', 'Cache-Control', 'Content-Security-Policy'),
          content: { 'text/html': { schema: { type: 'string' } } },
        },
        ...problems([...addressed, 'RATE_LIMITED', 'STORAGE_UNAVAILABLE'], { html: true }),
      },
    },
    post: receive('post'),
    put: receive('put'),
  };
}
