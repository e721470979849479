/** What docs/clients.md shows of `gridhold/react`. What stands between the region marks stands there word for word. */

// #region react/use-upload
import { useUpload } from 'gridhold/react';
import type { ReactElement } from 'react';

export function PhotoPicker({ newUploadUrl }: { newUploadUrl: () => Promise<string> }): ReactElement {
  const { upload, status, progress, file, error, cancel } = useUpload(newUploadUrl);
  return (
    <form>
      <label>
        Photo{' '}
        <input
          type="file"
          accept="image/*"
          onChange={({ target }) => {
            const [photo] = target.files ?? [];
            if (photo) void upload(photo);
            // Or the same photo, picked again, would change nothing.
            target.value = '';
          }}
        />
      </label>
      {status === 'uploading' && (
        <p>
          <progress value={progress?.loaded ?? 0} max={progress?.total ?? 1} />
          <button type="button" onClick={cancel}>
            Cancel
          </button>
        </p>
      )}
      {status === 'stored' && <p>Stored as {file?.storageId}</p>}
      {status === 'failed' && <p role="alert">{error?.message}</p>}
    </form>
  );
}

// #endregion

// #region react/use-files
import type { GridholdClient } from 'gridhold/client';
import { useFiles } from 'gridhold/react';

export function Pictures({ gridhold }: { gridhold: GridholdClient }): ReactElement {
  const { files, isLoading, hasMore, loadMore, error } = useFiles(gridhold, {
    filter: { contentType: 'image/*' },
    pageSize: 12,
  });
  return (
    <section>
      {files.map(({ id, url, filename }) => (
        <img key={id} src={url} alt={filename ?? id} width={160} />
      ))}
      {error && <p role="alert">{error.message}</p>}
      {(hasMore || error) && (
        <button type="button" disabled={isLoading} onClick={loadMore}>
          More
        </button>
      )}
    </section>
  );
}
// #endregion
