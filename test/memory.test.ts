/** A large file passes through in bounded memory, whatever way it comes and goes. */
import { beforeAll, describe, expect, it } from 'vitest';
import { mebibyte, pieces } from '../bench/support/byte-source.ts';
import { isMeasurable, peakDuring, rssBytes } from '../bench/support/process-figures.ts';
import { download, formEnd, graphqlHead, graphqlHeaders, send } from '../bench/support/requests.ts';
import { type Service, startService } from './support/service.ts';

const fileBytes = 100 * mebibyte;
const mostGrowthBytes = 64 * mebibyte;

describe.skipIf(!isMeasurable)('memory', () => {
  let service: Service;
  const ids: string[] = [];

  const uploadByUrl = async (bytes: number): Promise<void> => {
    const answer = await service.graphql<{ generateUploadUrl: { url: string } }>(
      'mutation { generateUploadUrl { url } }',
    );
    const headers = { 'content-length': String(bytes) };
    const { status, body } = await send(answer.data.generateUploadUrl.url, 'PUT', headers, pieces(bytes));
    expect(status, body).toBe(201);
    ids.push(JSON.parse(body).id);
  };

  const uploadByGraphql = async (bytes: number): Promise<void> => {
    const body = function* (): Generator<Buffer> {
      yield graphqlHead;
      yield* pieces(bytes);
      yield formEnd;
    };
    const answer = await send(`${service.url}/graphql`, 'POST', graphqlHeaders, body());
    expect(JSON.parse(answer.body)).toMatchObject({ data: { uploadFile: { size: bytes } } });
    ids.push(JSON.parse(answer.body).data.uploadFile.id);
  };

  /** The most that the service grew by while the work went on. */
  const growthDuring = async (work: () => Promise<unknown>): Promise<number> => {
    const pid = service.process.pid ?? 0;
    const before = rssBytes(pid);
    return (await peakDuring(pid, work)) - before;
  };

  beforeAll(async () => {
    service = await startService();
    // What is loaded once, and the buffers that are filled once, are no growth: V8 lets tens of MiB of used ones gather
    // before it collects them the first time.
    await uploadByUrl(48 * mebibyte);
    await uploadByGraphql(48 * mebibyte);
    for (const id of ids.splice(0)) await download(`${service.url}/files/${id}`);
  });

  it('grows by less than 64 MiB for an upload of 100 MiB by URL', async () => {
    expect(await growthDuring(() => uploadByUrl(fileBytes))).toBeLessThan(mostGrowthBytes);
  });

  it('grows by less than 64 MiB for an upload of 100 MiB through GraphQL', async () => {
    expect(await growthDuring(() => uploadByGraphql(fileBytes))).toBeLessThan(mostGrowthBytes);
  });

  it('grows by less than 64 MiB for a download of 100 MiB, by either', async () => {
    for (const id of ids) {
      let bytes = 0;
      const growth = await growthDuring(async () => {
        bytes = await download(`${service.url}/files/${id}`);
      });
      expect(bytes).toBe(fileBytes);
      expect(growth).toBeLessThan(mostGrowthBytes);
    }
    expect(ids).toHaveLength(2);
  });
});
