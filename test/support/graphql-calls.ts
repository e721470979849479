/** How tests of GraphQL make files and read refusals. */
import type { GraphqlAnswer, Service } from './service.ts';

/** Stores bytes through `POST /files`, the shortest way in, and gives the storage ID. */
export async function storeFile(
  service: Pick<Service, 'url'>,
  bytes: string | Uint8Array<ArrayBuffer> = crypto.randomUUID(),
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  const response = await fetch(`${service.url}/files?${new URLSearchParams(parameters)}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: bytes,
  });
  const answer: { readonly id: string } = await response.json();
  if (response.status !== 201) throw new Error(`Not stored: ${JSON.stringify(answer)}`);
  return answer.id;
}

export async function storeFiles(service: Pick<Service, 'url'>, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.push(await storeFile(service));
  return ids;
}

export async function attach(
  service: Pick<Service, 'graphql'>,
  fileId: string,
  [collection, documentId, field]: readonly [collection: string, documentId: string, field?: string],
): Promise<string> {
  const { data, errors } = await service.graphql<{ attachFile: { readonly id: string } } | null>(
    'mutation ($fileId: ID!, $document: DocumentInput!, $field: String! = "file") { attachFile(fileId: $fileId, document: $document, field: $field) { id } }',
    { fileId, document: { collection, documentId }, ...(field === undefined ? {} : { field }) },
  );
  if (!data) throw new Error(`Not attached: ${JSON.stringify(errors)}`);
  return data.attachFile.id;
}

/** The code of the only error, or what came instead. */
export function refusal(answer: GraphqlAnswer<unknown>): { readonly code: string; readonly message: string } {
  const [error, ...more] = answer.errors ?? [];
  if (!error || more.length > 0) throw new Error(`Not refused once: ${JSON.stringify(answer)}`);
  const { code, retryable, requestId } = error.extensions;
  if (typeof retryable !== 'boolean' || typeof requestId !== 'string' || requestId === '')
    throw new Error(`An error lacks what every error has: ${JSON.stringify(error)}`);
  return { code: String(code), message: error.message };
}
