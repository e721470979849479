/** Times in UTC, and sizes beyond Int. */
import { beforeAll, describe, expect, it } from 'vitest';
import { attach, newFile } from './support/graphql-calls.ts';
import { databaseOf } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});

describe('scalars', () => {
  it('writes every time as RFC 3339 in UTC', async () => {
    const id = await newFile(service);
    await attach(service, id, ['times', '1']);
    await service.graphql(
      'mutation { detachDocument(document: { collection: "times", documentId: "1" }) { detached } }',
    );
    const { data } = await service.graphql<{
      file: { uploadedAt: string; expiresAt: string };
      storage: { asOf: string; collectingSince: string };
    }>('query ($id: ID!) { file(id: $id) { uploadedAt expiresAt } storage { asOf collectingSince } }', {
      id,
    });
    for (const time of [...Object.values(data.file), ...Object.values(data.storage)]) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
    }
  });

  it('takes times of any offset', async () => {
    const id = await newFile(service);
    const { data } = await service.graphql<{ file: { uploadedAt: string } }>(
      'query ($id: ID!) { file(id: $id) { uploadedAt } }',
      { id },
    );
    const uploadedAt = Date.parse(data.file.uploadedAt);
    const elsewhere = new Date(uploadedAt - 1 + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');
    const { data: found } = await service.graphql<{ files: { nodes: { id: string }[] } }>(
      'query ($after: DateTime) { files(filter: { uploadedAfter: $after }) { nodes { id } } }',
      { after: elsewhere },
    );
    expect(found.files.nodes).toEqual([{ id }]);
  });

  it('gives sizes beyond two and beyond four GiB as numbers', async () => {
    const db = await databaseOf(service);
    const id = await newFile(service);
    for (const size of [2 ** 31, 2 ** 33 + 1, 2 ** 53 - 1]) {
      await db.collection<{ _id: string }>('files').updateOne({ _id: id }, { $set: { size } });
      const { data } = await service.graphql('query ($id: ID!) { file(id: $id) { size } }', { id });
      expect(data).toEqual({ file: { size } });
    }
    const { data } = await service.graphql(
      'mutation { generateUploadUrl(input: { maxSize: 4999999999 }) { maxSize } }',
    );
    expect(data).toEqual({ generateUploadUrl: { maxSize: 4_999_999_999 } });
  });
});
