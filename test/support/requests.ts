/** What tests of the HTTP contract send, and the shapes of what they get back. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, expect, inject } from 'vitest';
import type { Service } from './service.ts';

/** The answer to stored bytes. */
export interface Stored {
  readonly id: string;
  readonly storageId: string;
  readonly size: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly url: string;
  readonly expiresAt: string | null;
}

/** A problem document (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly requestId: string;
  readonly maxSize?: number;
  readonly declared?: string | null;
  readonly detected?: string | null;
  readonly allowed?: readonly string[];
}

export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** As in `Content-Digest` and `Repr-Digest` (RFC 9530). */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
}

export async function newUploadUrl(
  service: Service,
  input: object = {},
): Promise<{ id: string; url: string }> {
  const { data, errors } = await service.graphql<{ generateUploadUrl: { id: string; url: string } }>(
    'mutation ($input: GenerateUploadUrlInput) { generateUploadUrl(input: $input) { id url } }',
    { input },
  );
  expect(errors).toBeUndefined();
  return data.generateUploadUrl;
}

/** Sends bytes by PUT, without a type unless the headers give one. */
export async function put(
  url: string,
  bytes: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(url, { method: 'PUT', body: Buffer.from(bytes), headers });
}

export async function storedBy(response: Response, status = 201): Promise<Stored> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/json');
  const stored: Stored = JSON.parse(text);
  return stored;
}

/** Stores bytes by POST /files. */
export async function storeFile(
  service: Service,
  bytes: Uint8Array | string,
  options: { readonly query?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Stored> {
  const response = await fetch(`${service.url}/files${options.query ?? ''}`, {
    method: 'POST',
    body: Buffer.from(bytes),
    ...(options.headers ? { headers: options.headers } : {}),
  });
  return await storedBy(response);
}

/** Checks that it is a problem document as the contract has it, and returns it. */
export async function problemIn(response: {
  readonly status: number;
  readonly headers: Headers;
  text(): Promise<string>;
}): Promise<Problem> {
  const text = await response.text();
  expect(response.headers.get('content-type'), text).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const problem: Problem = JSON.parse(text);
  expect(problem).toMatchObject({
    type: expect.any(String),
    title: expect.stringMatching(/\S/),
    status: response.status,
    detail: expect.stringMatching(/\S/),
    code: expect.stringMatching(/^[A-Z_]+$/),
    retryable: expect.any(Boolean),
    requestId: response.headers.get('x-request-id'),
  });
  return problem;
}

/** As `413 FILE_TOO_LARGE`; of an answer that is no error, its status. */
export async function outcomeOf(response: Response): Promise<string> {
  if (response.ok) {
    await response.arrayBuffer();
    return String(response.status);
  }
  return `${response.status} ${(await problemIn(response)).code}`;
}

/** The service's database, seen past it. Dropped with the test file. */
export async function databaseOf(service: Service): Promise<Db> {
  const client = await new MongoClient(inject('mongodbUri')).connect();
  const db = client.db(service.database);
  afterAll(async () => {
    await db.dropDatabase();
    await client.close();
  });
  return db;
}

/** Whether an attempt holds this upload URL: from then on, another is told UPLOAD_IN_PROGRESS. A lease comes before it. */
export async function isClaimed(db: Db, url: string): Promise<boolean> {
  const [id = ''] = /upload_[0-9a-z]+/.exec(url) ?? [];
  const urls = db.collection<{ _id: string; blobId: object | null }>('uploadUrls');
  return (await urls.countDocuments({ _id: id, blobId: { $ne: null } })) === 1;
}

/** How much of each lies in the database: equal before and after means that nothing was stored and nothing left. */
export async function stockOf(db: Db): Promise<Record<string, number>> {
  const names = ['files', 'attachments', 'blobs.files', 'blobs.chunks', 'leases'];
  const counts = await Promise.all(names.map((name) => db.collection(name).countDocuments()));
  return Object.fromEntries(names.map((name, index) => [name, counts[index] ?? 0]));
}
