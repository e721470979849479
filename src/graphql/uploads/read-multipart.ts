/** A multipart request as operations whose files are `IncomingUpload`s in the places of their variables. */
import { processRequest, Upload } from 'graphql-upload-minimal';
import { checkOperations, type Operation } from '../operations.ts';
import { checkMap, headLimits } from './check-map.ts';
import type { ClientBody } from './client-body.ts';
import { IncomingUpload } from './incoming-upload.ts';
import { partFailure } from './part-failure.ts';
import type { UploadSource } from './upload-source.ts';

const mostFiles = 20;

/** What files may be too large by, all together, before the others of the request are given up with them. */
const excessBytes = 64 * 1_048_576;

/** The library asks its request for a readable stream with a content type, and can do without a response. */
type Parse = (
  body: ClientBody,
  response: undefined,
  limits: { maxFieldSize: number; maxFiles: number },
) => Promise<unknown>;
const parse = processRequest as unknown as Parse;

export interface MultipartRequest {
  readonly operations: Operation | Operation[];
  readonly uploads: readonly IncomingUpload[];
}

/** What a body may hold before its files are announced. */
export const multipartHeadBytes = 2 * headLimits.fieldBytes + headLimits.framingBytes;

export async function readMultipart(body: ClientBody, source: UploadSource): Promise<MultipartRequest> {
  const files = await checkMap(body);
  body.allow(files * (source.maxFileSize + headLimits.framingBytes) + excessBytes);
  const limits = { maxFieldSize: headLimits.fieldBytes, maxFiles: mostFiles };
  const parsed = await parse(body, undefined, limits).catch((error: unknown) => {
    throw partFailure(error, body.errored);
  });
  const operations = checkOperations(parsed);
  const uploads = new Map<Upload, IncomingUpload>();
  for (const { variables } of [operations].flat()) {
    for (const [name, value] of Object.entries(variables ?? {})) {
      if (!variables || !(value instanceof Upload)) continue;
      const upload = uploads.get(value) ?? new IncomingUpload(value, source);
      upload.claim(variables);
      uploads.set(value, upload);
      variables[name] = upload;
    }
  }
  return { operations, uploads: [...uploads.values()] };
}
