/** README's story told in GraphQL: ask for an upload URL, send, attach, look, let go, sweep, gone. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { databaseOf, stockOf } from './support/requests.ts';
import { repository, type Service, startService } from './support/service.ts';

const document = { collection: 'messages', documentId: '1' };

describe('the story of a photograph', () => {
  let service: Service;
  let photo: Buffer<ArrayBuffer>;
  let uploadUrl: { id: string; url: string };
  let fileId: string;

  beforeAll(async () => {
    service = await startService();
    photo = await readFile(resolve(repository, 'test/fixtures/photo.jpg'));
  });

  it('begins with an upload URL that waits for its bytes', async () => {
    const { data } = await service.graphql<{ generateUploadUrl: Record<string, unknown> }>(
      `mutation ($input: GenerateUploadUrlInput) {
        generateUploadUrl(input: $input) {
          __typename id url expiresAt status error maxSize contentTypes receivedBytes file { id }
        }
      }`,
      { input: { contentTypes: ['image/*'], maxSize: 100_000 } },
    );
    expect(data.generateUploadUrl).toEqual({
      __typename: 'UploadUrl',
      id: expect.stringMatching(/^upload_[0-9a-z]{26}$/),
      url: expect.stringMatching(new RegExp(`^${service.url}/upload/`)),
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      status: 'WAITING',
      error: null,
      maxSize: 100_000,
      contentTypes: ['image/*'],
      receivedBytes: 0,
      file: null,
    });
    const expiresAt = Date.parse(String(data.generateUploadUrl['expiresAt']));
    expect(Math.abs(expiresAt - Date.now() - 3_600_000)).toBeLessThan(60_000);
    uploadUrl = { id: String(data.generateUploadUrl['id']), url: String(data.generateUploadUrl['url']) };
  });

  it('goes on with the bytes, after which the URL knows its file', async () => {
    const stored = await fetch(`${uploadUrl.url}?filename=photo.jpg`, { method: 'PUT', body: photo });
    expect(stored.status).toBe(201);
    const { storageId }: { storageId: string } = await stored.json();
    fileId = storageId;
    const { data } = await service.graphql<{ uploadUrl: Record<string, unknown> }>(
      `query ($id: ID!) {
        uploadUrl(id: $id) {
          status error receivedBytes
          file {
            id filename contentType size sha256 uploadedAt visibility owner metadata keep refCount expiresAt url
            download: url(download: true)
            attachments { totalCount nodes { id } }
          }
        }
      }`,
      { id: uploadUrl.id },
    );
    expect(data.uploadUrl).toEqual({
      status: 'STORED',
      error: null,
      receivedBytes: photo.byteLength,
      file: {
        id: fileId,
        filename: 'photo.jpg',
        contentType: 'image/jpeg',
        size: photo.byteLength,
        sha256: createHash('sha256').update(photo).digest('hex'),
        uploadedAt: expect.stringMatching(/Z$/),
        visibility: 'PUBLIC',
        owner: null,
        metadata: {},
        keep: false,
        refCount: 0,
        expiresAt: null,
        url: `${service.url}/files/${fileId}`,
        download: `${service.url}/files/${fileId}?download`,
        attachments: { totalCount: 0, nodes: [] },
      },
    });
  });

  it('lets a document hold the file, which then never expires', async () => {
    const { data } = await service.graphql<{ attachFile: Record<string, unknown> }>(
      `mutation ($fileId: ID!, $document: DocumentInput!) {
        attachFile(fileId: $fileId, document: $document) {
          __typename id field attachedAt
          document { __typename id collection documentId attachments { nodes { file { id } } } }
          file { refCount expiresAt attachments { totalCount nodes { document { collection documentId } } } }
        }
      }`,
      { fileId, document },
    );
    expect(data.attachFile).toEqual({
      __typename: 'Attachment',
      id: expect.stringMatching(/^attachment_/),
      field: 'file',
      attachedAt: expect.stringMatching(/Z$/),
      document: {
        __typename: 'Document',
        id: expect.stringMatching(/^document_/),
        ...document,
        attachments: { nodes: [{ file: { id: fileId } }] },
      },
      file: { refCount: 1, expiresAt: null, attachments: { totalCount: 1, nodes: [{ document }] } },
    });
  });

  it('serves the same bytes at the file’s url', async () => {
    const { data } = await service.graphql<{ file: { url: string }; fileUrl: string }>(
      'query ($id: ID!) { file(id: $id) { url } fileUrl(id: $id, download: true) }',
      { id: fileId },
    );
    const served = await fetch(data.file.url);
    expect(served.headers.get('content-disposition')).toMatch(/^inline/);
    expect(Buffer.from(await served.arrayBuffer()).equals(photo)).toBe(true);
    expect((await fetch(data.fileUrl)).headers.get('content-disposition')).toMatch(/^attachment/);
  });

  it('refuses to delete what is held, naming the holder', async () => {
    const { errors, data } = await service.graphql(
      'mutation ($id: ID!) { deleteFile(id: $id) { deleted } }',
      {
        id: fileId,
      },
    );
    expect(data).toBeNull();
    expect(errors?.[0]?.extensions).toEqual({
      code: 'FILE_IN_USE',
      retryable: false,
      documents: [{ ...document, field: 'file' }],
      refCount: 1,
      requestId: expect.any(String),
    });
  });

  it('lets go of it with the document, and says until when the file stays', async () => {
    const { data } = await service.graphql<{ detachDocument: object; after: object }>(
      'mutation ($document: DocumentInput!) { detachDocument(document: $document) { detached fileIds } }',
      { document },
    );
    expect(data.detachDocument).toEqual({ detached: 1, fileIds: [fileId] });
    const { data: after } = await service.graphql<{ file: { refCount: number; expiresAt: string } }>(
      'query ($id: ID!) { file(id: $id) { refCount expiresAt } }',
      { id: fileId },
    );
    expect(after.file.refCount).toBe(0);
    const inSevenDays = Date.now() + 7 * 86_400_000;
    expect(Math.abs(Date.parse(after.file.expiresAt) - inSevenDays)).toBeLessThan(60_000);
  });

  it('ends with a sweep: no file, no blob, no chunk, no address', async () => {
    const main = resolve(repository, 'dist/cli/main.js');
    const sweep = ['sweep', '--unreferenced-for', '0s', '--chunk-delay', '0s'];
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...sweep], {
      cwd: repository,
      env: {
        PATH: process.env['PATH'],
        MONGODB_URI: inject('mongodbUri'),
        GRIDHOLD_DATABASE: service.database,
      },
    });
    expect(stdout).toContain(fileId);
    const { data } = await service.graphql(
      `query ($id: ID!, $ids: [ID!]!, $uploadUrl: ID!) {
        file(id: $id) { id }
        fileUrl(id: $id)
        node(id: $id) { id }
        filesByIds(ids: $ids) { id }
        files { totalCount nodes { id } }
        documents(collection: "messages") { totalCount nodes { id } }
        uploadUrl(id: $uploadUrl) { status file { id } }
      }`,
      { id: fileId, ids: [fileId], uploadUrl: uploadUrl.id },
    );
    expect(data).toEqual({
      file: null,
      fileUrl: null,
      node: null,
      filesByIds: [null],
      files: { totalCount: 0, nodes: [] },
      documents: { totalCount: 0, nodes: [] },
      uploadUrl: { status: 'STORED', file: null },
    });
    const db = await databaseOf(service);
    expect(await stockOf(db)).toEqual({
      files: 0,
      attachments: 0,
      'blobs.files': 0,
      'blobs.chunks': 0,
      leases: 0,
    });
  });
});
