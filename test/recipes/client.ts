/** What docs/clients.md shows of `gridhold/client`. What stands between the region marks stands there word for word. */

// #region client/upload
import { createGridholdClient, type GridholdClient, uploadTo } from 'gridhold/client';

export async function uploadPhoto(
  url: string,
  photo: Blob,
  show: (percent: number) => void,
): Promise<string> {
  const gridhold = createGridholdClient({ url });
  const { storageId } = await gridhold.upload(photo, {
    filename: 'photo.jpg',
    contentTypes: ['image/*'],
    attachTo: { document: { collection: 'messages', documentId: '1' } },
    onProgress: ({ loaded, total }) => show(total ? Math.round((100 * loaded) / total) : 0),
  });
  return storageId;
}
// #endregion

// #region client/app-server
// On your server, which has the credentials: the page gets an address that takes one image, for an hour.
export async function newUploadUrl(gridhold: GridholdClient): Promise<string> {
  const { url } = await gridhold.generateUploadUrl({ contentTypes: ['image/*'], maxSize: 10_000_000 });
  return url;
}

// In the page, which has none: ask your server, and send the file.
export async function sendFromPage(askServer: () => Promise<string>, file: File): Promise<string> {
  const { storageId } = await uploadTo(askServer, file);
  return storageId;
}
// #endregion

// #region client/many
export async function uploadAll(
  gridhold: GridholdClient,
  files: FileList | readonly File[],
): Promise<string[]> {
  const outcomes = await gridhold.uploadMany(files, { concurrency: 4 });
  return outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value.storageId : `failed: ${outcome.reason}`,
  );
}
// #endregion

// #region client/files
export async function totalSize(gridhold: GridholdClient, contentType: string): Promise<number> {
  let bytes = 0;
  for await (const file of gridhold.files({ filter: { contentType } })) bytes += file.size;
  return bytes;
}

// #endregion

// #region client/errors
import { GridholdClientError } from 'gridhold/client';

export async function deleteUnlessHeld(gridhold: GridholdClient, id: string): Promise<string> {
  try {
    const { deleted } = await gridhold.delete({ id });
    return deleted ? 'deleted' : 'it was gone';
  } catch (error) {
    if (error instanceof GridholdClientError && error.code === 'FILE_IN_USE') {
      return `held by ${JSON.stringify(error.details.documents)}`;
    }
    throw error;
  }
}

// #endregion

// #region client/node
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

export async function storeBackup(gridhold: GridholdClient, path: string): Promise<string> {
  const { size } = await stat(path);
  const { storageId } = await gridhold.upload(createReadStream(path), {
    filename: 'backup.tar',
    size,
    keep: true,
  });
  return storageId;
}
// #endregion
