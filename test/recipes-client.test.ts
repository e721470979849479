/** What docs/clients.md shows of `gridhold/client`, run against the service. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createGridholdClient, type GridholdClient } from 'gridhold/client';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  deleteUnlessHeld,
  newUploadUrl,
  sendFromPage,
  storeBackup,
  totalSize,
  uploadAll,
  uploadPhoto,
} from './recipes/client.ts';
import { type Service, startService } from './support/service.ts';

const photo = new Blob([readFileSync(resolve(import.meta.dirname, 'fixtures/photo.jpg'))]);

describe('what docs/clients.md shows of the client', () => {
  let service: Service;
  let gridhold: GridholdClient;

  beforeAll(async () => {
    service = await startService();
    gridhold = createGridholdClient({ url: service.url });
  });

  it('uploads a photo with progress, held by its document', async () => {
    const percents: number[] = [];
    const id = await uploadPhoto(service.url, photo, (percent) => percents.push(percent));
    expect(percents.at(-1)).toBe(100);
    const file = await gridhold.file(id);
    expect(file).toMatchObject({ filename: 'photo.jpg', contentType: 'image/jpeg', refCount: 1 });
  });

  it('lets a page send to an address that a server made, images only', async () => {
    const askServer = (): Promise<string> => newUploadUrl(gridhold);
    const id = await sendFromPage(askServer, new File([photo], 'mine.jpg', { type: 'image/jpeg' }));
    expect(await gridhold.file(id)).toMatchObject({ filename: 'mine.jpg', contentType: 'image/jpeg' });
    const text = new File(['words'], 'words.txt', { type: 'text/plain' });
    await expect(sendFromPage(askServer, text)).rejects.toMatchObject({ code: 'CONTENT_TYPE_NOT_ALLOWED' });
  });

  it('uploads several, one outcome each', async () => {
    const files = Array.from({ length: 6 }, (_, index) => new File([randomBytes(20)], `${index}.bin`));
    const ids = await uploadAll(gridhold, files);
    const stored = await Promise.all(ids.map((id) => gridhold.file(id)));
    expect(stored.map((file) => file?.filename)).toEqual(files.map(({ name }) => name));
  });

  it('walks over all files of a type', async () => {
    for (const size of [100, 20, 3]) {
      await gridhold.upload(new Blob([randomBytes(size)], { type: 'application/x-walked' }));
    }
    expect(await totalSize(gridhold, 'application/x-walked')).toBe(123);
  });

  it('tells who holds a file, and deletes it once nobody does', async () => {
    const document = { collection: 'messages', documentId: 'holder' };
    const { id } = await gridhold.upload(randomBytes(5), { attachTo: { document } });
    expect(await deleteUnlessHeld(gridhold, id)).toContain('"documentId":"holder"');
    await gridhold.detachDocument({ document });
    expect(await deleteUnlessHeld(gridhold, id)).toBe('deleted');
    expect(await deleteUnlessHeld(gridhold, id)).toBe('it was gone');
  });

  it('stores a file from the disk in Node, kept without a document', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gridhold-recipe-'));
    const path = join(directory, 'backup');
    writeFileSync(path, randomBytes(1_000_000));
    const id = await storeBackup(gridhold, path);
    rmSync(directory, { recursive: true });
    expect(await gridhold.file(id)).toMatchObject({ filename: 'backup.tar', size: 1_000_000, keep: true });
  });
});
