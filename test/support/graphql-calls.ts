/** How tests of GraphQL make files and read refusals. */
import { storeFile } from './requests.ts';
import type { GraphqlAnswer, Service } from './service.ts';

/** The storage ID of a file that was stored the shortest way; without bytes it has some of its own. */
export async function newFile(
  service: Service,
  bytes: string = crypto.randomUUID(),
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  const query = `?${new URLSearchParams(parameters)}`;
  const { id } = await storeFile(service, bytes, { query, headers: { 'content-type': 'text/plain' } });
  return id;
}

export async function newFiles(service: Service, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.push(await newFile(service));
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
