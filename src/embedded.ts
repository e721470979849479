/**
 * `gridhold/embedded`: the MongoDB that `gridhold serve` runs where MONGODB_URI is missing, for the development and the
 * tests of apps that have Gridhold inside. A real mongod, a one-member replica set, on loopback; README tells where it
 * comes from. For anything that matters, run a replica set of your own.
 */
import type { EmbeddedMongod, MongodDownload } from './storage/embedded/embedded-mongod.ts';
import { openEmbeddedMongod as open } from './storage/embedded/open-embedded-mongod.ts';

export {
  type EmbeddedMongod,
  EmbeddedMongodError,
  type MongodDownload,
} from './storage/embedded/embedded-mongod.ts';

export interface EmbeddedOptions {
  /** Made if it is missing. Of several processes that open it one runs the mongod, and the others join. */
  readonly dataDir: string;
  /** The program to run. Default: found or fetched. */
  readonly mongod?: string | null | undefined;
  /** How a missing one may be fetched. Default: `on`. */
  readonly download?: MongodDownload | undefined;
  /** Takes lines for people, while something is fetched or waited for. */
  readonly onProgress?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Ends with this process, where it owns the mongod; sooner by `stop()`.
 * @throws EmbeddedMongodError that says what helps; the signal's reason where that ended it
 */
export async function openEmbeddedMongod(options: EmbeddedOptions): Promise<EmbeddedMongod> {
  const { mongod = null, download = 'on', ...others } = options;
  return await open({ ...others, mongod, download });
}
