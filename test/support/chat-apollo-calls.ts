/** What the page of chat-apollo asks its server, without the page. */
export interface ChatAnswer<Data = Record<string, unknown>> {
  readonly data: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

export interface ChatCalls {
  ask<Data = Record<string, unknown>>(query: string, variables?: object): Promise<ChatAnswer<Data>>;
  /** The storage ID of bytes that nothing holds yet. */
  upload(bytes: Uint8Array<ArrayBuffer>, contentType?: string): Promise<string>;
  sendImage(storageId: string, author?: string): Promise<ChatAnswer<{ sendImage: { id: string } }>>;
  /** The code of the only error. */
  codeOf(answer: Promise<ChatAnswer<unknown>>): Promise<unknown>;
}

export function chatCalls(url: string): ChatCalls {
  const ask = async <Data = Record<string, unknown>>(
    query: string,
    variables: object = {},
  ): Promise<ChatAnswer<Data>> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return await response.json();
  };
  return {
    ask,
    async upload(bytes, contentType = 'image/png') {
      const { data } = await ask('mutation { generateUploadUrl }');
      const response = await fetch(String(data?.['generateUploadUrl']), {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: bytes,
      });
      const { storageId }: { storageId?: string } = await response.json();
      if (storageId === undefined) throw new Error(`The upload was answered with ${response.status}`);
      return storageId;
    },
    sendImage: (storageId, author = 'User 1') =>
      ask('mutation ($id: ID!, $author: String!) { sendImage(storageId: $id, author: $author) { id } }', {
        id: storageId,
        author,
      }),
    async codeOf(answer) {
      const { errors = [] } = await answer;
      if (errors.length !== 1) throw new Error(`${errors.length} errors, not one`);
      return errors[0]?.extensions['code'];
    },
  };
}

/** A PNG that nobody has stored yet: bytes that differ, behind a picture that any browser shows. */
export function newPng(picture: Uint8Array, mark: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([picture, Buffer.from(mark)]));
}
