/** GraphQL by plain fetch: all that a page needs that keeps no cache. */
import { wordsOf } from '../../chat-page/words-of.ts';

export interface Receipt {
  readonly number: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Picture {
  readonly id: string;
  readonly prompt: string;
  readonly createdAt: string;
  /** Null where its file was deleted. */
  readonly image: { readonly url: string } | null;
  readonly receipt: Receipt | null;
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

const receiptFields = 'number bytes sha256';
const pictureFields = `id prompt createdAt image { url } receipt { ${receiptFields} }`;

export async function listPictures(): Promise<readonly Picture[]> {
  const data = await ask<{ pictures: readonly Picture[] }>(`{ pictures { ${pictureFields} } }`, {});
  return data.pictures;
}

export async function generateImage(prompt: string): Promise<Picture> {
  const data = await ask<{ generateImage: Picture }>(
    `mutation Generate($prompt: String!) { generateImage(prompt: $prompt) { ${pictureFields} } }`,
    { prompt },
  );
  return data.generateImage;
}

export async function sendToPrinter(id: string): Promise<Receipt> {
  const data = await ask<{ sendToPrinter: Receipt }>(
    `mutation Print($id: ID!) { sendToPrinter(id: $id) { ${receiptFields} } }`,
    { id },
  );
  return data.sendToPrinter;
}

export async function deletePicture(id: string): Promise<void> {
  await ask('mutation Delete($id: ID!) { deletePicture(id: $id) }', { id });
}

/** For people. */
export function problemOf(error: unknown): string {
  const { code, declared } = fieldsOf(error);
  if (code === 'CONTENT_TYPE_NOT_ALLOWED' && typeof declared === 'string') {
    return `The image service sent ${declared.split(';')[0]}, which is no image.`;
  }
  return wordsOf(error);
}

async function ask<Data>(query: string, variables: object): Promise<Data> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const answer: { readonly data?: Data | null; readonly errors?: readonly GraphqlError[] } =
    await response.json();
  const [error] = answer.errors ?? [];
  if (error) throw Object.assign(new Error(error.message), error.extensions);
  if (!answer.data) throw new Error('The answer has no data');
  return answer.data;
}

function fieldsOf(error: unknown): Readonly<Record<string, unknown>> {
  return typeof error === 'object' && error !== null ? { ...error } : {};
}
