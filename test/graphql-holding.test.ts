/** Every mutation by which documents hold files and let go of them, with the results and refusals of the contract. */
import { beforeAll, describe, expect, it } from 'vitest';
import { attach, newFile, newFiles, refusal } from './support/graphql-calls.ts';
import { type GraphqlAnswer, type Service, startService } from './support/service.ts';

const noFile = 'file_00000000000000000000000000';

let service: Service;
beforeAll(async () => {
  service = await startService();
});

let documents = 0;
const newDocument = (): { collection: string; documentId: string } => ({
  collection: 'posts',
  documentId: `holding-${documents++}`,
});
const refCount = async (id: string): Promise<number> => {
  const { data } = await service.graphql<{ file: { refCount: number } }>(
    'query ($id: ID!) { file(id: $id) { refCount } }',
    { id },
  );
  return data.file.refCount;
};
const held = async (document: object, field?: string): Promise<string[]> => {
  const { data } = await service.graphql<{
    document: { attachments: { nodes: { field: string; file: { id: string } }[] } };
  }>(
    `query ($collection: String!, $documentId: ID!, $field: String) {
      document(collection: $collection, documentId: $documentId) {
        attachments(field: $field, first: 100) { nodes { field file { id } } }
      }
    }`,
    { ...document, field },
  );
  return data.document.attachments.nodes.map((node) => `${node.field} ${node.file.id}`).sort();
};

describe('attachFile', () => {
  const attachFile = (
    fileId: string,
    document: object,
    more: object = {},
  ): Promise<GraphqlAnswer<{ attachFile: { id: string; field: string; file: { refCount: number } } }>> =>
    service.graphql(
      `mutation ($fileId: ID!, $document: DocumentInput!, $field: String! = "file", $replace: Boolean! = false) {
        attachFile(fileId: $fileId, document: $document, field: $field, replace: $replace) {
          id field file { refCount }
        }
      }`,
      { fileId, document, ...more },
    );

  it('holds a file once, however often it is repeated, under one ID', async () => {
    const fileId = await newFile(service);
    const document = newDocument();
    const [first, second] = [await attachFile(fileId, document), await attachFile(fileId, document)];
    expect(first.data.attachFile).toEqual({ id: expect.any(String), field: 'file', file: { refCount: 1 } });
    expect(second).toEqual(first);
  });

  it('counts every field and every document for itself', async () => {
    const fileId = await newFile(service);
    const document = newDocument();
    await attachFile(fileId, document);
    await attachFile(fileId, document, { field: 'cover' });
    const { data } = await attachFile(fileId, newDocument());
    expect(data.attachFile.file.refCount).toBe(3);
  });

  it('with replace lets go of all else in that field, and of nothing in others', async () => {
    const [one = '', two = '', three = '', other = ''] = await newFiles(service, 4);
    const document = newDocument();
    await attachFile(one, document);
    await attachFile(two, document);
    await attachFile(other, document, { field: 'cover' });
    await attachFile(three, document, { replace: true });
    expect(await held(document)).toEqual([`cover ${other}`, `file ${three}`]);
    expect(await Promise.all([one, two, three, other].map(refCount))).toEqual([0, 0, 1, 1]);
    await attachFile(three, document, { replace: true });
    expect(await refCount(three)).toBe(1);
  });

  it.each(['', 'x', noFile, 'upload_00000000000000000000000000', `${noFile} `, '../etc', '\u0000'])(
    'says FILE_NOT_FOUND for the ID %j and names it',
    async (fileId) => {
      const answer = await attachFile(fileId, newDocument());
      expect(refusal(answer)).toMatchObject({ code: 'FILE_NOT_FOUND' });
      expect(answer.errors?.[0]?.extensions['fileIds']).toEqual([fileId]);
    },
  );

  it.each([
    ['collection', { collection: '', documentId: '1' }, undefined],
    ['documentId', { collection: 'a', documentId: '' }, undefined],
    ['collection', { collection: 'a'.repeat(201), documentId: '1' }, undefined],
    ['documentId', { collection: 'a', documentId: 'é'.repeat(201) }, undefined],
    ['field', { collection: 'a', documentId: '1' }, ''],
    ['field', { collection: 'a', documentId: '1' }, 'f'.repeat(201)],
    ['documentId', { collection: 'a', documentId: 'half \ud800' }, undefined],
  ])('names %s where it is not 1 to 200 characters of Unicode', async (name, document, field) => {
    const fileId = await newFile(service);
    const answer = await attachFile(fileId, document, field === undefined ? {} : { field });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', message: expect.stringContaining(`${name}:`) });
    expect(await refCount(fileId)).toBe(0);
  });

  it('takes any 200 characters as names, and a number as documentId', async () => {
    const fileId = await newFile(service);
    const collection = '$where{"a":1}\u0000\n💥'.padEnd(100, '/').padEnd(199, '.');
    const { data } = await attachFile(fileId, { collection, documentId: 42 }, { field: '__proto__' });
    expect(data.attachFile.field).toBe('__proto__');
    expect(await held({ collection, documentId: '42' }, '__proto__')).toEqual([`__proto__ ${fileId}`]);
  });
});

describe('detachFile', () => {
  const detachFile = (fileId: string, document: object): Promise<GraphqlAnswer<unknown>> =>
    service.graphql(
      'mutation ($fileId: ID!, $document: DocumentInput!) { detachFile(fileId: $fileId, document: $document) { detached file { refCount } } }',
      { fileId, document },
    );

  it('lets go once, and says so; repeated it changes nothing', async () => {
    const fileId = await newFile(service);
    const document = newDocument();
    await attach(service, fileId, [document.collection, document.documentId]);
    expect(await detachFile(fileId, document)).toEqual({
      data: { detachFile: { detached: true, file: { refCount: 0 } } },
    });
    expect(await detachFile(fileId, document)).toEqual({
      data: { detachFile: { detached: false, file: { refCount: 0 } } },
    });
  });

  it('leaves other fields alone', async () => {
    const fileId = await newFile(service);
    const document = newDocument();
    await attach(service, fileId, [document.collection, document.documentId, 'cover']);
    expect(await detachFile(fileId, document)).toEqual({
      data: { detachFile: { detached: false, file: { refCount: 1 } } },
    });
  });

  it.each(['', 'x', noFile])('has nothing to let go of for the ID %j', async (fileId) => {
    expect(await detachFile(fileId, newDocument())).toEqual({
      data: { detachFile: { detached: false, file: null } },
    });
  });

  it('refuses an empty documentId', async () => {
    expect(refusal(await detachFile(noFile, { collection: 'a', documentId: '' })).code).toBe(
      'BAD_USER_INPUT',
    );
  });
});

describe('setDocumentFiles', () => {
  const setDocumentFiles = (
    document: object,
    fileIds: readonly string[],
    field = 'gallery',
  ): Promise<GraphqlAnswer<{ setDocumentFiles: object }>> =>
    service.graphql(
      `mutation ($document: DocumentInput!, $field: String! = "file", $fileIds: [ID!]!) {
        setDocumentFiles(document: $document, field: $field, fileIds: $fileIds) {
          id collection documentId attachments(field: $field) { totalCount }
        }
      }`,
      { document, fileIds, field },
    );

  it('makes the field hold exactly these, as a set, and tells the document', async () => {
    const [one = '', two = '', three = '', cover = ''] = await newFiles(service, 4);
    const document = newDocument();
    await attach(service, cover, [document.collection, document.documentId, 'cover']);
    const { data } = await setDocumentFiles(document, [one, two, one]);
    expect(data.setDocumentFiles).toEqual({
      id: expect.stringMatching(/^document_/),
      ...document,
      attachments: { totalCount: 2 },
    });
    await setDocumentFiles(document, [three, two]);
    expect(await held(document)).toEqual([
      `cover ${cover}`,
      ...[two, three].map((id) => `gallery ${id}`).sort(),
    ]);
    expect(await Promise.all([one, two, three, cover].map(refCount))).toEqual([0, 1, 1, 1]);
    await setDocumentFiles(document, []);
    expect(await held(document)).toEqual([`cover ${cover}`]);
  });

  it('changes nothing where some are missing, and names each of them', async () => {
    const [one = '', two = ''] = await newFiles(service, 2);
    const document = newDocument();
    await setDocumentFiles(document, [one]);
    const answer = await setDocumentFiles(document, [two, noFile, 'garbage', noFile]);
    expect(refusal(answer).code).toBe('FILE_NOT_FOUND');
    expect(answer.errors?.[0]?.extensions['fileIds']).toEqual([noFile, 'garbage']);
    expect(await held(document)).toEqual([`gallery ${one}`]);
    expect(await Promise.all([one, two].map(refCount))).toEqual([1, 0]);
  });

  it('takes 100 files and refuses 101, where repeats count once', async () => {
    const fileId = await newFile(service);
    expect((await setDocumentFiles(newDocument(), Array(150).fill(fileId))).errors).toBeUndefined();
    const many = Array.from({ length: 101 }, (_, index) => `file_${String(index).padStart(26, '0')}`);
    expect(refusal(await setDocumentFiles(newDocument(), many))).toEqual({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('fileIds'),
    });
    expect(refusal(await setDocumentFiles(newDocument(), many.slice(1))).code).toBe('FILE_NOT_FOUND');
  });
});

describe('detachDocument', () => {
  const detachDocument = (
    document: object,
  ): Promise<GraphqlAnswer<{ detachDocument: { detached: number; fileIds: string[] } }>> =>
    service.graphql(
      'mutation ($document: DocumentInput!) { detachDocument(document: $document) { detached fileIds } }',
      { document },
    );

  it('lets go in every field, counts holds, names files once, and then finds nothing', async () => {
    const [one = '', two = ''] = await newFiles(service, 2);
    const document = newDocument();
    const name = [document.collection, document.documentId] as const;
    await attach(service, one, [...name, 'a']);
    await attach(service, one, [...name, 'b']);
    await attach(service, two, [...name, 'a']);
    const { data } = await detachDocument(document);
    expect(data.detachDocument.detached).toBe(3);
    expect(data.detachDocument.fileIds.sort()).toEqual([one, two].sort());
    expect(await Promise.all([one, two].map(refCount))).toEqual([0, 0]);
    expect((await detachDocument(document)).data.detachDocument).toEqual({ detached: 0, fileIds: [] });
  });

  it('names at most 100 of the files that it let go of', async () => {
    const document = newDocument();
    const fileIds = await newFiles(service, 101);
    for (const [index, field] of ['a', 'b'].entries()) {
      await service.graphql(
        'mutation ($document: DocumentInput!, $field: String!, $fileIds: [ID!]!) { setDocumentFiles(document: $document, field: $field, fileIds: $fileIds) { id } }',
        { document, field, fileIds: index === 0 ? fileIds.slice(0, 100) : fileIds.slice(100) },
      );
    }
    const { data } = await detachDocument(document);
    expect(data.detachDocument.detached).toBe(101);
    expect(new Set(data.detachDocument.fileIds).size).toBe(100);
  });
});
