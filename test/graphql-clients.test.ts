/** The clients that apps use, as they come: Apollo Client with apollo-upload-client, and urql, each through the main job. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ApolloClient, gql as apolloGql, HttpLink, InMemoryCache } from '@apollo/client';
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, type CombinedError, fetchExchange, gql as urqlGql } from '@urql/core';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { csrfHeader } from './support/multipart-request.ts';
import { repository, type Service, startService } from './support/service.ts';

/** What an app does, whatever its client: errors are their codes, in the order of the answer. */
interface App {
  upload(
    file: Blob,
    input?: object,
  ): Promise<{ id: string; filename: string | null; size: number } | readonly string[]>;
  attach(fileId: string, documentId: string): Promise<number | readonly string[]>;
  holders(fileId: string): Promise<readonly string[] | null>;
  files(first: number): Promise<number | readonly string[]>;
}

const upload = `mutation Upload($file: Upload!, $input: StoreFileInput) {
  uploadFile(file: $file, input: $input) { id filename size }
}`;
const attach = `mutation Attach($fileId: ID!, $documentId: ID!) {
  attachFile(fileId: $fileId, document: { collection: "messages", documentId: $documentId }) { id file { id refCount } }
}`;
const holders = `query Holders($fileId: ID!) {
  file(id: $fileId) { id attachments { nodes { id document { id documentId } } } }
}`;
const files = 'query Files($first: Int) { files(first: $first) { totalCount nodes { id } } }';

interface Uploaded {
  readonly uploadFile: { readonly id: string; readonly filename: string | null; readonly size: number };
}
interface Attached {
  readonly attachFile: { readonly file: { readonly refCount: number } };
}
interface Holders {
  readonly file: {
    readonly attachments: {
      readonly nodes: readonly { readonly document: { readonly documentId: string } }[];
    };
  } | null;
}
interface Files {
  readonly files: { readonly totalCount: number };
}

function apolloApp(url: string, headers: Record<string, string> = csrfHeader): App {
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: new UploadHttpLink({ uri: `${url}/graphql`, headers }),
  });
  const codes = (error: unknown): string[] => {
    if (CombinedGraphQLErrors.is(error))
      return error.errors.map(({ extensions }) => String(extensions?.['code']));
    if (ServerError.is(error)) {
      const { errors }: { errors: { extensions: { code: string } }[] } = JSON.parse(error.bodyText);
      return errors.map(({ extensions }) => extensions.code);
    }
    throw error;
  };
  const mutate = async <Data>(mutation: string, variables: object): Promise<Data | string[]> => {
    try {
      const { data } = await client.mutate<Data>({
        mutation: apolloGql(mutation),
        variables: { ...variables },
      });
      if (!data) throw new Error('There is no data');
      return data;
    } catch (error) {
      return codes(error);
    }
  };
  const query = async <Data>(text: string, variables: object): Promise<Data | string[]> => {
    try {
      const { data } = await client.query<Data>({
        query: apolloGql(text),
        variables: { ...variables },
        fetchPolicy: 'network-only',
      });
      if (!data) throw new Error('There is no data');
      return data;
    } catch (error) {
      return codes(error);
    }
  };
  return appOf(mutate, query);
}

function urqlApp(url: string, headers: Record<string, string> = csrfHeader): App {
  const client = new Client({
    url: `${url}/graphql`,
    exchanges: [fetchExchange],
    // urql's default: short queries go by GET.
    preferGetMethod: 'within-url-limit',
    fetchOptions: { headers },
  });
  const outcome = <Data>({ data, error }: { data?: Data; error?: CombinedError }): Data | string[] => {
    if (error?.networkError) throw error.networkError;
    if (error) return error.graphQLErrors.map(({ extensions }) => String(extensions['code']));
    if (!data) throw new Error('There is no data');
    return data;
  };
  return appOf(
    async <Data>(mutation: string, variables: object) =>
      outcome<Data>(await client.mutation<Data>(urqlGql(mutation), { ...variables }).toPromise()),
    async <Data>(query: string, variables: object) =>
      outcome<Data>(await client.query<Data>(urqlGql(query), { ...variables }).toPromise()),
  );
}

type Send = <Data>(text: string, variables: object) => Promise<Data | string[]>;

function appOf(mutate: Send, query: Send): App {
  return {
    async upload(file, input) {
      const answer = await mutate<Uploaded>(upload, { file, input });
      if (Array.isArray(answer)) return answer;
      const { id, filename, size } = answer.uploadFile;
      return { id, filename, size };
    },
    async attach(fileId, documentId) {
      const answer = await mutate<Attached>(attach, { fileId, documentId });
      return Array.isArray(answer) ? answer : answer.attachFile.file.refCount;
    },
    async holders(fileId) {
      const answer = await query<Holders>(holders, { fileId });
      if (Array.isArray(answer)) return answer;
      return answer.file?.attachments.nodes.map(({ document }) => document.documentId) ?? null;
    },
    async files(first) {
      const answer = await query<Files>(files, { first });
      return Array.isArray(answer) ? answer : answer.files.totalCount;
    },
  };
}

let service: Service;
let photo: Buffer<ArrayBuffer>;
beforeAll(async () => {
  service = await startService({ GRIDHOLD_MAX_UPLOAD_SIZE: '5MB' });
  photo = await readFile(resolve(repository, 'test/fixtures/photo.jpg'));
});

describe.each([
  ['Apollo Client with apollo-upload-client', apolloApp],
  ['urql', urqlApp],
] as const)('%s', (_name, appOn) => {
  const idOf = async (stored: ReturnType<App['upload']>): Promise<string> => {
    const file = await stored;
    if (!('id' in file)) throw new Error(`Not uploaded: ${file}`);
    return file.id;
  };

  it('uploads a photograph, attaches it, and finds it by its holders', async () => {
    const app = appOn(service.url);
    const file = await app.upload(new File([photo], 'evening over a lake ☀️.jpg', { type: 'image/jpeg' }));
    expect(file).toEqual({
      id: expect.stringMatching(/^file_/),
      filename: 'evening over a lake ☀️.jpg',
      size: photo.byteLength,
    });
    const id = 'id' in file ? file.id : '';
    expect(await app.attach(id, '1')).toBe(1);
    expect(await app.attach(id, '2')).toBe(2);
    expect(await app.holders(id)).toEqual(['1', '2']);
    expect(await app.files(10)).toBeGreaterThan(0);
    const served = await fetch(`${service.url}/files/${id}`);
    expect(Buffer.from(await served.arrayBuffer()).equals(photo)).toBe(true);
  });

  it('uploads megabytes, a Blob without a name, and no bytes at all', async () => {
    const app = appOn(service.url);
    expect(await app.upload(new File([new Uint8Array(4_000_000)], 'zeros.bin'))).toMatchObject({
      size: 4_000_000,
    });
    expect(
      await app.upload(new Blob(['hello'], { type: 'text/plain' }), { filename: 'mine.txt' }),
    ).toMatchObject({
      filename: 'mine.txt',
      size: 5,
    });
    expect(await app.upload(new File([], 'empty'))).toMatchObject({ size: 0 });
  });

  it('gives the app the code of every refusal', async () => {
    const app = appOn(service.url);
    const file = new File(['hello'], 'hello.txt', { type: 'text/plain' });
    expect(await app.upload(file, { maxSize: 4 })).toEqual(['FILE_TOO_LARGE']);
    expect(await app.upload(file, { contentTypes: ['image/*'] })).toEqual(['CONTENT_TYPE_NOT_ALLOWED']);
    expect(await app.upload(file, { sha256: '0'.repeat(64) })).toEqual(['CHECKSUM_MISMATCH']);
    expect(await app.upload(file, { nonsense: 1 })).toEqual(['BAD_USER_INPUT']);
    expect(await app.upload(new File([new Uint8Array(6_000_000)], 'six.bin'))).toEqual(['FILE_TOO_LARGE']);
    const id = await idOf(app.upload(file));
    expect(await app.attach(id, '')).toEqual(['BAD_USER_INPUT']);
    expect(await app.attach('file_00000000000000000000000000', '1')).toEqual(['FILE_NOT_FOUND']);
    expect(await app.files(101)).toEqual(['BAD_USER_INPUT']);
    expect(await app.holders('garbage')).toBeNull();
  });

  it('needs the CSRF header to upload, which the answer says, and not to query', async () => {
    const app = appOn(service.url, {});
    expect(await app.upload(new File(['hello'], 'hello.txt'))).toEqual(['CSRF_HEADER_REQUIRED']);
    expect(await app.files(1)).toEqual(expect.any(Number));
  });
});

describe('automatic persisted queries', () => {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  it.each([false, true])('of Apollo Client are answered (by GET: %s)', async (useGETForHashedQueries) => {
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(
        new HttpLink({ uri: `${service.url}/graphql` }),
      ),
    });
    const query = apolloGql(files);
    for (const first of [1, 2]) {
      const { data } = await client.query<Files>({ query, variables: { first } });
      expect(data?.files.totalCount).toEqual(expect.any(Number));
    }
  });

  it('are unknown by their hash, in the words that clients look for', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: sha256('{ __typename }') } };
    const search = new URLSearchParams({ extensions: JSON.stringify(extensions) });
    const answers = await Promise.all([
      fetch(`${service.url}/graphql?${search}`),
      fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ extensions }),
      }),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect(await answer.json()).toEqual({
        errors: [
          {
            message: 'PersistedQueryNotFound',
            extensions: {
              code: 'PERSISTED_QUERY_NOT_FOUND',
              retryable: false,
              requestId: answer.headers.get('x-request-id'),
            },
          },
        ],
      });
    }
  });
});
