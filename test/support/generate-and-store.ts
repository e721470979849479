/** The pictures' app, as its tests see it: by GraphQL, and past it in its database. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type Db, MongoClient } from 'mongodb';
import { PNG } from 'pngjs';
import { afterAll, inject } from 'vitest';
import { drawPicture } from '../../examples/generate-and-store/third-party/draw-picture.ts';
import { newPng } from './chat-apollo-calls.ts';
import { type Example, startExample } from './example.ts';
import { stockOf } from './requests.ts';

const mongo = new MongoClient(inject('mongodbUri'));
const servers: Server[] = [];
// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  for (const server of servers) server.close().closeAllConnections();
  await mongo.close();
});

export interface GraphqlAnswer {
  readonly data: Record<string, { readonly id: string }> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

export const generate = 'mutation ($prompt: String!) { generateImage(prompt: $prompt) { id } }';
export const print = 'mutation ($id: ID!) { sendToPrinter(id: $id) { number bytes sha256 } }';

export async function startPictures(environment: Readonly<Record<string, string>> = {}): Promise<Example> {
  return await startExample('generate-and-store', environment);
}

export async function ask(
  example: Example,
  query: string,
  variables: object,
  signal: AbortSignal | null = null,
): Promise<GraphqlAnswer> {
  const response = await fetch(`${example.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal,
  });
  const answer: GraphqlAnswer = await response.json();
  return answer;
}

export async function newPicture(example: Example, prompt: string): Promise<string> {
  const { data, errors } = await ask(example, generate, { prompt });
  if (!data?.['generateImage']) throw new Error(JSON.stringify(errors));
  return data['generateImage'].id;
}

/** The app's and Gridhold's: they share one. */
export function dbOf(example: Example): Db {
  return mongo.db(example.database);
}

/** How much of each there is. */
export async function leftIn(example: Example): Promise<Record<string, number>> {
  const pictures = await dbOf(example).collection('pictures').countDocuments();
  return { ...(await stockOf(dbOf(example))), pictures };
}

/**
 * Its address. An image API that neither thinks nor draws for each request, for tests of what comes after: the same
 * picture, with other bytes each time. What the app makes of a real one is for the example's own.
 */
export async function startQuickThirdParty(): Promise<string> {
  const picture = PNG.sync.write(drawPicture('Quick'));
  let drawn = 0;
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.setHeader('Content-Type', 'image/png');
      response.end(newPng(picture, `picture ${drawn++}`));
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}
