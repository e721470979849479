/** The chat with a Gridhold apart, as its tests see both: by HTTP, and past it in their databases. */
import { type Collection, type Db, MongoClient } from 'mongodb';
import { afterAll, expect, inject } from 'vitest';
import { type Example, startExample } from './example.ts';
import { type Service, startService } from './service.ts';

export interface ChatMessage {
  readonly id: string;
  readonly author: string;
  readonly body: string | null;
  readonly image: { readonly storageId: string; readonly url: string } | null;
}

export interface RemoteChat {
  readonly gridhold: Service;
  readonly example: Example;
  /** The API's origin; `example.url` is the page's. */
  readonly api: string;
  /** Gridhold's database. */
  readonly store: Db;
  messages(): Promise<readonly ChatMessage[]>;
  /** As the page asks; the whole answer. */
  graphql(query: string, variables?: object): Promise<{ data: Record<string, unknown> | null }>;
  sendImage(bytes: Uint8Array, contentType?: string, author?: string): Promise<Response>;
}

const closers: (() => Promise<void>)[] = [];

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  for (const close of closers) await close();
});

export interface ChatOptions {
  /** Started where it is not given. */
  readonly gridhold?: Service;
  /** By which the chat reaches it, where that is another way. */
  readonly gridholdUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startChat({
  gridhold: given,
  gridholdUrl,
  environment = {},
}: ChatOptions = {}): Promise<RemoteChat> {
  const gridhold = given ?? (await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off' }));
  const example = await startExample('chat-urql', {
    PAGE_PORT: '0',
    GRIDHOLD_URL: gridholdUrl ?? gridhold.url,
    ...environment,
  });
  const config: { readonly api: string } = await (await fetch(`${example.url}/config.json`)).json();
  const { api } = config;
  const client = await new MongoClient(inject('mongodbUri')).connect();
  closers.push(() => client.close());
  const graphql: RemoteChat['graphql'] = async (query, variables = {}) => {
    const response = await fetch(`${api}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: example.url },
      body: JSON.stringify({ query, variables }),
    });
    const answer: { data: Record<string, unknown> | null } = await response.json();
    return answer;
  };
  return {
    gridhold,
    example,
    api,
    store: client.db(gridhold.database),
    graphql,
    async messages() {
      const { data } = await graphql('{ messages { id author body image { storageId url } } }');
      const list = data?.['messages'];
      if (!Array.isArray(list)) throw new Error('No messages');
      return list;
    },
    async sendImage(bytes, contentType = 'image/jpeg', author = 'User 1') {
      return await fetch(`${api}/sendImage?author=${encodeURIComponent(author)}`, {
        method: 'POST',
        headers: { 'content-type': contentType, origin: example.url },
        body: Buffer.from(bytes),
      });
    },
  };
}

/** The IDs of what holds anything in Gridhold. */
export async function holdersIn({ store }: Pick<RemoteChat, 'store'>): Promise<readonly string[]> {
  const attachments: Collection = store.collection('attachments');
  return await attachments.distinct('documentId');
}

/** Of the chat's own routes, as its page asks. */
export function askAsPage(
  { api, example }: RemoteChat,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const headers = { origin: example.url, ...init.headers };
  return fetch(`${api}${path}`, { ...init, headers });
}

/** Checks that it is a problem document that the page may read, and returns it. */
export async function problemOfChat(
  { example }: RemoteChat,
  response: Response,
): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('access-control-allow-origin')).toBe(example.url);
  const body: Record<string, unknown> = await response.json();
  expect(body).toMatchObject({ status: response.status, detail: expect.stringMatching(/\S \S/) });
  return body;
}
