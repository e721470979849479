/** Requests to the service, with backpressure both ways. What is broken on purpose is broken/'s. */
import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export async function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: Iterable<Uint8Array>,
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }));
    });
    outgoing.on('error', reject);
    void (async () => {
      for (const piece of body) {
        if (!outgoing.write(piece)) await new Promise((drained) => outgoing.once('drain', drained));
      }
      outgoing.end();
    })();
  });
}

/** Of the file in an answer to an upload, by HTTP or by GraphQL. */
export async function storedId(answer: Promise<Answer>): Promise<string> {
  const { status, body } = await answer;
  const found: { id?: string; data?: { uploadFile: { id: string } } } = JSON.parse(body);
  const id = found.id ?? found.data?.uploadFile.id;
  if (id === undefined) throw new Error(`${status}: ${body}`);
  return id;
}

/** @returns how many bytes came */
export async function download(url: string): Promise<number> {
  let received = 0;
  const response = await fetch(url);
  for await (const piece of response.body ?? []) received += piece.byteLength;
  return received;
}

export async function graphql<Data>(service: string, query: string, variables: object = {}): Promise<Data> {
  const { status, body } = await send(`${service}/graphql`, 'POST', { 'content-type': 'application/json' }, [
    Buffer.from(JSON.stringify({ query, variables })),
  ]);
  const answer: { data: Data; errors?: unknown } = JSON.parse(body);
  if (status !== 200 || answer.errors) throw new Error(body);
  return answer.data;
}

const mostPerRequest = 50;

/** @param input GraphQL, as it stands between the brackets of `input: {}` */
export async function uploadUrls(service: string, count: number, input = ''): Promise<string[]> {
  const urls: string[] = [];
  while (urls.length < count) {
    const fields = Array.from(
      { length: Math.min(mostPerRequest, count - urls.length) },
      (_, index) => `u${index}: generateUploadUrl(input: {${input}}) { url }`,
    );
    const made = await graphql<Record<string, { url: string }>>(service, `mutation { ${fields.join(' ')} }`);
    urls.push(...Object.values(made).map(({ url }) => url));
  }
  return urls;
}

export const boundary = 'x-gridhold-bench';
export const graphqlHeaders = {
  'content-type': `multipart/form-data; boundary=${boundary}`,
  'apollo-require-preflight': '1',
};

const part = (head: string): Buffer =>
  Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`);

/** A GraphQL multipart request up to the first byte of its file; `\r\n--boundary--\r\n` ends it. */
export const graphqlHead = Buffer.concat([
  part('name="operations"'),
  Buffer.from(
    JSON.stringify({
      query: 'mutation ($file: Upload!) { uploadFile(file: $file) { id size } }',
      variables: { file: null },
    }),
  ),
  Buffer.from('\r\n'),
  part('name="map"'),
  Buffer.from('{"0":["variables.file"]}\r\n'),
  part('name="0"; filename="large.bin"'),
]);

/** The same for a form that is sent to an upload URL. */
export const formHead = part('name="file"; filename="large.bin"');

export const formEnd = Buffer.from(`\r\n--${boundary}--\r\n`);
