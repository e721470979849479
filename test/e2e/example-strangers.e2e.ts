/** What pages of strangers may do with an example that a developer runs: nothing. They reach it by their visitor's browser. */
import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { startChat } from '../support/chat-urql.ts';
import { startExample } from '../support/example.ts';

interface Started {
  /** The server that has GraphQL. */
  readonly url: string;
  /** Where its page is. */
  readonly page: string;
}

interface Target {
  readonly name: string;
  start(): Promise<Started>;
  /** A query that changes something. */
  readonly change: string;
}

async function startAlone(name: string): Promise<Started> {
  const { url } = await startExample(name);
  return { url, page: url };
}

const sendMessage = 'mutation { sendMessage(body: "Buy this", author: "Eve") { id } }';
const targets: readonly Target[] = [
  { name: 'chat-apollo', start: () => startAlone('chat-apollo'), change: sendMessage },
  {
    name: 'chat-urql',
    async start() {
      const { api, example } = await startChat();
      return { url: api, page: example.url };
    },
    change: sendMessage,
  },
  {
    name: 'generate-and-store',
    start: () => startAlone('generate-and-store'),
    change: 'mutation { deletePicture(id: "nothing") }',
  },
];

describe.each(targets)('$name', ({ start, change }) => {
  let url: string;
  let page: string;
  beforeAll(async () => {
    ({ url, page } = await start());
  });

  const form = new URLSearchParams({ query: change }).toString();
  const json = JSON.stringify({ query: change });

  it.each(['http://elsewhere.example', 'http://localhost:1', 'null'])(
    'refuses a form, JSON and a multipart form of a page of %s',
    async (origin) => {
      for (const [type, body] of [
        ['application/x-www-form-urlencoded', form],
        ['application/json', json],
        ['text/plain', json],
        [
          'multipart/form-data; boundary=x',
          `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${json}\r\n--x--\r\n`,
        ],
      ] as const) {
        const answer = await send('POST', '/graphql', { origin, 'content-type': type }, body);
        expect(answer, type).toMatchObject({ status: 403, body: expect.stringMatching(/\S \S/) });
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
    },
  );

  it('lets no page of another origin read', async () => {
    const origin = 'http://elsewhere.example';
    for (const method of ['GET', 'OPTIONS']) {
      const headers = { origin, 'access-control-request-method': 'POST' };
      const answer = await send(method, '/graphql?query={__typename}', headers);
      expect(answer.headers['access-control-allow-origin'], method).toBeUndefined();
      expect(answer.headers['access-control-allow-credentials'], method).toBeUndefined();
    }
  });

  it.each(['elsewhere.example', 'localhost.elsewhere.example', 'localhost@elsewhere.example', '10.0.0.1'])(
    'refuses the host %j, by which a name of somebody else’s would lead here',
    async (foreign) => {
      for (const path of ['/graphql', '/', '/files-api/files/file_nothing', '/config.json']) {
        const answer = await send('GET', path, { host: foreign });
        expect(answer, path).toMatchObject({ status: 403, body: expect.stringMatching(/\S \S/) });
      }
      const changed = await send(
        'POST',
        '/graphql',
        { host: foreign, 'content-type': 'application/json' },
        json,
      );
      expect(changed.status).toBe(403);
    },
  );

  it('takes every name of this machine, and any port that is forwarded to it', async () => {
    for (const name of [new URL(url).host, 'localhost', '127.0.0.1:8080', '[::1]:8080', 'LOCALHOST:1']) {
      const headers = { host: name, 'content-type': 'application/json' };
      expect(await send('POST', '/graphql', headers, '{"query":"{ __typename }"}'), name).toMatchObject({
        status: 200,
        body: '{"data":{"__typename":"Query"}}',
      });
    }
  });

  it('takes what comes from its page, by either name, and from no page', async () => {
    for (const name of ['localhost', '127.0.0.1']) {
      const [host, origin] = [url, page].map((one) => one.replace('localhost', name));
      const headers = { host: new URL(host ?? '').host, 'content-type': 'application/json' };
      for (const one of [headers, { ...headers, origin: origin ?? '' }]) {
        expect((await send('POST', '/graphql', one, json)).status, name).toBe(200);
      }
    }
  });

  /** With headers that fetch would not send. */
  async function send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<Answer> {
    const { hostname, port } = new URL(url);
    return await new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path: encodeURI(path), method, headers }, async (response) => {
        let text = '';
        for await (const piece of response.setEncoding('utf8')) text += String(piece);
        resolve({ status: response.statusCode, headers: response.headers, body: text });
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
