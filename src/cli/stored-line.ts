/** A file as `put --json` and `get --json` tell it. */
import type { Settings } from '../config/settings.ts';
import { library } from '../domain/callers.ts';
import type { StoredFile } from '../domain/model.ts';
import type { Gridhold } from '../gridhold.ts';

/** Asks nothing of MongoDB: what is stored is told. @param path of this machine, as it was given */
export function storedLine(
  { useCases }: Pick<Gridhold, 'useCases'>,
  { publicUrl }: Pick<Settings, 'publicUrl'>,
  file: StoredFile,
  path: string,
): string {
  const { id, size, sha256, contentType, filename } = file;
  // Without the setting only a request tells where people reach us.
  const url = publicUrl === null ? null : useCases.fileAddress(file, library, { baseUrl: publicUrl });
  return JSON.stringify({ id, storageId: id, size, sha256, contentType, filename, path, url });
}
