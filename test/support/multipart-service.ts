/** A service that a file's tests of multipart requests share: its database, and a way to it. It ends with the file. */
import type { Db } from 'mongodb';
import type { Posted } from './multipart-outcomes.ts';
import { csrfHeader, type Part, postMultipart } from './multipart-request.ts';
import { databaseOf } from './requests.ts';
import { type Service, startService } from './service.ts';

export interface MultipartService {
  readonly service: Service;
  readonly db: Db;
  /** Without headers it passes the CSRF check. */
  post(parts: readonly Part[] | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Posted>;
}

export async function startMultipartService(): Promise<MultipartService> {
  const service = await startService();
  return {
    service,
    db: await databaseOf(service),
    post: (parts, headers = csrfHeader) => postMultipart(service.url, parts, headers),
  };
}
