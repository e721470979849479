/** uploadFile over real sockets: what it stores, under which names, and what a repeated request gets. */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { codeIn, leavingNothing, type Posted, uploadedFile } from './support/multipart-outcomes.ts';
import { multipartBody, type Part, uploadMutation, uploadParts } from './support/multipart-request.ts';
import { type MultipartService, startMultipartService } from './support/multipart-service.ts';
import { stockOf } from './support/requests.ts';
import { repository, type Service } from './support/service.ts';

let service: Service;
let db: Db;
let post: MultipartService['post'];
beforeAll(async () => {
  ({ service, db, post } = await startMultipartService());
});

const operations = (variables: object, query: string = uploadMutation): Part => ({
  name: 'operations',
  body: JSON.stringify({ query, variables }),
});
const map = (entries: unknown): Part => ({ name: 'map', body: JSON.stringify(entries) });
const filePart = (name: string, body: Uint8Array | string = 'content'): Part => ({
  name,
  body,
  filename: `${name}.bin`,
});
const twoFiles =
  'mutation ($one: Upload!, $two: Upload!) { one: uploadFile(file: $one) { id size sha256 } two: uploadFile(file: $two) { id size sha256 } }';

describe('uploadFile stores', () => {
  it('a photograph, with its type and hash', async () => {
    const photo = await readFile(resolve(repository, 'test/fixtures/photo.jpg'));
    const file = uploadedFile(
      await post(uploadParts(photo, { filename: 'photo.jpg', contentType: 'image/jpeg' })),
    );
    expect(file).toEqual({
      id: expect.stringMatching(/^file_/),
      size: photo.byteLength,
      sha256: createHash('sha256').update(photo).digest('hex'),
      filename: 'photo.jpg',
      contentType: 'image/jpeg',
      refCount: 0,
    });
    const served = await fetch(`${service.url}/files/${String(file['id'])}`);
    expect(Buffer.from(await served.arrayBuffer()).equals(photo)).toBe(true);
  });

  it('no bytes at all, which is a file too', async () => {
    expect(uploadedFile(await post(uploadParts('')))).toMatchObject({ size: 0 });
  });

  it('what the input says, attached in the same transaction', async () => {
    const document = { collection: 'messages', documentId: 'by multipart' };
    const file = uploadedFile(
      await post(
        uploadParts('hello', {
          filename: 'from the part.txt',
          contentType: 'text/plain',
          variables: {
            input: { filename: 'from the input.txt', contentTypes: ['text/*'], attachTo: { document } },
          },
        }),
      ),
    );
    expect(file).toMatchObject({ filename: 'from the input.txt', contentType: 'text/plain', refCount: 1 });
  });

  it.each([
    [undefined, 'application/octet-stream'],
    ['foo', 'application/octet-stream'],
    ['text/plain', 'text/plain'],
    ['text/csv; charset=utf-8; header=present', 'text/csv;charset=utf-8;header=present'],
  ])('a part whose type is said to be %s as %s', async (said, contentType) => {
    const more = said === undefined ? {} : { contentType: said };
    expect(uploadedFile(await post(uploadParts('a,b', more)))).toMatchObject({ contentType });
  });

  it('two files that come in another order than they are taken, each larger than any buffer', async () => {
    const [one, two] = [randomBytes(3_000_000), randomBytes(3_000_000)];
    const { body } = await post([
      operations({ one: null, two: null }, twoFiles),
      map({ b: ['variables.two'], a: ['variables.one'] }),
      filePart('b', two),
      filePart('a', one),
    ]);
    const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(body).toMatchObject({ data: { one: { sha256: hash(one) }, two: { sha256: hash(two) } } });
  });

  it('one file that two fields take, as two files with their bytes kept once', async () => {
    const before = await stockOf(db);
    const bytes = randomBytes(700_000);
    const [twice, shared] = [
      'mutation ($one: Upload!) { one: uploadFile(file: $one) { id size } two: uploadFile(file: $one) { id size } }',
      twoFiles,
    ];
    for (const parts of [
      [operations({ one: null }, twice), map({ 0: ['variables.one'] }), filePart('0', bytes)],
      [
        operations({ one: null, two: null }, shared),
        map({ 0: ['variables.one', 'variables.two'] }),
        filePart('0', bytes),
      ],
    ]) {
      const { body, text } = await post(parts);
      expect(body, text).toMatchObject({ data: { one: { size: 700_000 }, two: { size: 700_000 } } });
      expect(body.data?.['one']).not.toEqual(body.data?.['two']);
    }
    const after = await stockOf(db);
    const { files = 0, 'blobs.files': blobs = 0, leases } = before;
    expect(after).toMatchObject({ files: files + 4, 'blobs.files': blobs + 1, leases });
  });

  it('the files of a batch', async () => {
    const { text, status } = await post([
      {
        name: 'operations',
        body: JSON.stringify([
          { query: uploadMutation, variables: { file: null } },
          { query: '{ __typename }' },
          { query: uploadMutation, variables: { file: null } },
        ]),
      },
      map({ 0: ['0.variables.file'], 1: ['2.variables.file'] }),
      filePart('0', 'first'),
      filePart('1', randomBytes(300_000)),
    ]);
    expect(status, text).toBe(200);
    expect(JSON.parse(text)).toMatchObject([
      { data: { uploadFile: { size: 5 } } },
      { data: { __typename: 'Query' } },
      { data: { uploadFile: { size: 300_000 } } },
    ]);
  });

  it.each([
    ['photo.jpg', 'photo.jpg'],
    ['日本語 Ünïcödé 👩‍👩‍👧‍👦.txt', '日本語 Ünïcödé 👩‍👩‍👧‍👦.txt'],
    ['$owner', '$owner'],
    ['__proto__', '__proto__'],
    ["it's; a=b, c", "it's; a=b, c"],
    ['%22', '%22'],
    [`${'x'.repeat(296)}.txt`, `${'x'.repeat(296)}.txt`],
    // As the multipart library reads it: the last part of a path.
    ['../../etc/passwd', 'passwd'],
    ['C:\\\\Users\\\\me\\\\photo.jpg', 'photo.jpg'],
    ['quoted \\"name\\"', 'quoted "name"'],
    ['', null],
  ])('a part’s own name %j as %j', async (sent, expected) => {
    const parts = uploadParts('x', { filename: sent, contentType: 'application/octet-stream' });
    expect(uploadedFile(await post(parts))['filename']).toBe(expected);
  });

  it('a part without any name', async () => {
    const [first, second] = uploadParts('x');
    const parts = multipartBody([...(first && second ? [first, second] : [])]).toString();
    const end = '--gridhold-test-boundary--\r\n';
    const unnamed = `--gridhold-test-boundary\r\nContent-Disposition: form-data; name="0"\r\nContent-Type: application/octet-stream\r\n\r\nbytes\r\n`;
    const answer = await post(Buffer.from(parts.replace(end, unnamed + end)));
    expect(uploadedFile(answer)).toMatchObject({ filename: null, size: 5 });
  });

  it('any name that the input gives, line breaks and zeros included', async () => {
    const filename = 'a\r\nb\u0000"\\/☃';
    const file = uploadedFile(await post(uploadParts('x', { variables: { input: { filename } } })));
    expect(file['filename']).toBe(filename);
  });
});

describe('an idempotency key', () => {
  const send = (key: string, bytes: string, more: object = {}): Promise<Posted> =>
    post(uploadParts(bytes, { variables: { input: { idempotencyKey: key, ...more } } }));

  it('gives the same file again, and stores nothing more', async () => {
    const first = uploadedFile(await send('key 1', 'the same'));
    const again = await leavingNothing(db, () => send('key 1', 'the same'));
    expect(uploadedFile(again)).toEqual(first);
  });

  it('is refused with other bytes or another input', async () => {
    uploadedFile(await send('key 2', 'the same'));
    expect(await leavingNothing(db, async () => codeIn(await send('key 2', 'others')))).toBe(
      'IDEMPOTENCY_KEY_USED',
    );
    expect(
      await leavingNothing(db, async () => codeIn(await send('key 2', 'the same', { keep: true }))),
    ).toBe('IDEMPOTENCY_KEY_USED');
  });

  it('counts as new once its file is gone', async () => {
    const { id } = uploadedFile(await send('key 3', 'short-lived'));
    await service.graphql('mutation ($id: ID!) { deleteFile(id: $id) { deleted } }', { id });
    expect(uploadedFile(await send('key 3', 'others'))['id']).not.toBe(id);
  });

  it.each(['', 'x'.repeat(201)])('of no or too many characters is refused', async (key) => {
    expect(await leavingNothing(db, async () => codeIn(await send(key, 'x')))).toBe('BAD_USER_INPUT');
  });
});
