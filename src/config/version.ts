/** The version of this Gridhold. Bundled into an app, its package is not where it was: then it is not known. */
import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  try {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const manifest: unknown = JSON.parse(text);
    const isOurs = typeof manifest === 'object' && manifest !== null && 'name' in manifest;
    if (isOurs && manifest.name === 'gridhold' && 'version' in manifest) return String(manifest.version);
  } catch {
    // Nothing stands or falls with it.
  }
  return 'unknown';
}
