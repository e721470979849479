/** How tests of multipart requests judge what comes of them: the file, or the code, and what lies in the database. */
import type { Db } from 'mongodb';
import { expect } from 'vitest';
import { csrfHeader, type Part, postMultipart, uploadParts } from './multipart-request.ts';
import { stockOf } from './requests.ts';
import type { Service } from './service.ts';

export type Posted = Awaited<ReturnType<typeof postMultipart>>;

export function uploadedFile({ body, text }: Posted): Record<string, unknown> {
  expect(body.errors, text.slice(0, 500)).toBeUndefined();
  const file: unknown = body.data?.['uploadFile'];
  if (typeof file !== 'object' || file === null) throw new Error(`Not uploaded: ${text}`);
  return { ...file };
}

/** The code of the only error, which has all that every error has. */
export function codeIn({ body, text }: Posted): string {
  expect(body.errors, text.slice(0, 500)).toHaveLength(1);
  const { extensions } = body.errors?.[0] ?? {};
  expect(extensions).toMatchObject({ retryable: expect.any(Boolean), requestId: expect.any(String) });
  return extensions?.code ?? 'NONE';
}

/** Whatever is done leaves the database as it was. */
export async function leavingNothing<Result>(db: Db, work: () => Promise<Result>): Promise<Result> {
  const before = await stockOf(db);
  const result = await work();
  expect(await stockOf(db)).toEqual(before);
  return result;
}

/** Answered with one of these codes, and at once; and everything is as before. */
export async function expectRefusal(
  { service, db }: { readonly service: Service; readonly db: Db },
  parts: readonly Part[] | Uint8Array,
  codes: readonly string[] = ['BAD_USER_INPUT'],
  headers: Readonly<Record<string, string>> = csrfHeader,
): Promise<void> {
  const startedAt = performance.now();
  const answer = await leavingNothing(db, () => postMultipart(service.url, parts, headers));
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(answer.status, answer.text).toBeLessThan(500);
  expect(codes).toContain(codeIn(answer));
}

/** The service is none the worse for what it was sent. */
export async function expectService(service: Service): Promise<void> {
  expect(uploadedFile(await postMultipart(service.url, uploadParts('still works')))).toMatchObject({
    size: 11,
  });
}
