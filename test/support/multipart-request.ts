/**
 * GraphQL multipart requests (jaydenseric's specification) written part by part, so that a test can send what no client
 * would, over a socket of its own. Well-formed ones come from `uploadParts`.
 */
import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';

export interface Part {
  readonly name: string;
  readonly body: Uint8Array | string;
  /** Undefined: a field. Written into the quotes as it is. */
  readonly filename?: string;
  readonly contentType?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface GraphqlBody {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly [key: string]: unknown };
  }[];
}

const boundary = 'gridhold-test-boundary';
export const multipartType = `multipart/form-data; boundary=${boundary}`;
export const csrfHeader = { 'apollo-require-preflight': '1' };

export function multipartBody(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, body, filename, contentType }) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"`,
    contentType === undefined ? '' : `\r\nContent-Type: ${contentType}`,
    '\r\n\r\n',
    body,
    '\r\n',
  ]);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
}

export const uploadMutation =
  'mutation ($file: Upload!, $input: StoreFileInput) { uploadFile(file: $file, input: $input) { id size sha256 filename contentType refCount } }';

/** One file in the variable `file`, and what else the operation says. */
export function uploadParts(
  file: Uint8Array | string,
  more: {
    readonly query?: string;
    readonly variables?: object;
    readonly filename?: string;
    readonly contentType?: string;
  } = {},
): Part[] {
  const { query = uploadMutation, variables = {}, filename = 'file.bin', contentType } = more;
  return [
    { name: 'operations', body: JSON.stringify({ query, variables: { ...variables, file: null } }) },
    { name: 'map', body: JSON.stringify({ 0: ['variables.file'] }) },
    { name: '0', body: file, filename, ...(contentType === undefined ? {} : { contentType }) },
  ];
}

/** A POST to `/graphql` whose body the test writes itself; the answer is read whole, whenever it comes. */
export function openPost(
  url: string,
  headers: Readonly<Record<string, string | number>>,
): { readonly request: ClientRequest; readonly answer: Promise<Answer> } {
  const outgoing = request(`${url}/graphql`, { method: 'POST', headers, agent: false });
  const answer = new Promise<Answer>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
  });
  // A test that breaks the request off does not ask for its answer.
  answer.catch(() => undefined);
  return { request: outgoing, answer };
}

/** A whole multipart request. Without more headers it is one that passes the CSRF check. */
export async function postMultipart(
  url: string,
  parts: readonly Part[] | Uint8Array,
  headers: Readonly<Record<string, string>> = csrfHeader,
): Promise<Answer & { readonly body: GraphqlBody }> {
  const bytes = parts instanceof Uint8Array ? parts : multipartBody(parts);
  const post = openPost(url, {
    'content-type': multipartType,
    'content-length': bytes.byteLength,
    ...headers,
  });
  post.request.end(bytes);
  const answer = await post.answer;
  const body: GraphqlBody = JSON.parse(answer.text);
  return { ...answer, body };
}
