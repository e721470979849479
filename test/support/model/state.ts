/**
 * What a store should be, as plain data: the rules of the contract once more, without a database, a transaction or a
 * clock. Files are named by their place in the order in which they were made; time is whole hours.
 */
import type { ErrorCode } from '../../../src/errors/codes.ts';

export type CallerName = 'app' | 'ann' | 'bob';

export interface ModelFile {
  readonly content: number;
  readonly owner: string | null;
  visibility: 'PUBLIC' | 'PRIVATE';
  keep: boolean;
  filename: string | null;
  /** The hour since which nothing holds it; null while something does, or it is kept. */
  since: number | null;
}

export interface Place {
  readonly document: number;
  readonly field: string;
}

export interface ModelHold extends Place {
  readonly file: number;
}

export interface ModelLease {
  why: 'writing' | 'abandoned' | 'remembered' | 'deleted';
  since: number;
  /** The hour from which on it is due. */
  until: number;
  chunks: number;
}

export interface ModelUploadUrl {
  readonly by: CallerName;
  readonly expires: number;
  readonly attachTo: (Place & { readonly replace: boolean }) | null;
  error: string | null;
  file: number | null;
  content: number | null;
  /** Of the attempt that died on it. */
  lease: ModelLease | null;
}

export interface ModelKey {
  readonly file: number;
  readonly content: number;
  /** What was asked for with it. */
  readonly input: string;
}

export interface Model {
  hour: number;
  /** Null is gone. */
  files: (ModelFile | null)[];
  /** Oldest first. */
  holds: ModelHold[];
  leases: ModelLease[];
  /** Null is swept. */
  uploadUrls: (ModelUploadUrl | null)[];
  keys: Record<string, ModelKey>;
}

export const ttlHours = 48;
export const chunkDelayHours = 2;

export const chunkBytes = 261_120;
export const contents: readonly Buffer[] = ['', 'a', 'b', 'c'.repeat(chunkBytes + 1)].map((text) =>
  Buffer.from(text),
);
export const chunksOf = (content: number): number =>
  Math.ceil((contents[content]?.byteLength ?? 0) / chunkBytes);

export const documents = [
  { collection: 'posts', documentId: '1' },
  { collection: 'posts', documentId: '2' },
  { collection: 'users', documentId: '1' },
] as const;
export const fields = ['file', 'cover'] as const;

export const newModel = (): Model => ({
  hour: 0,
  files: [],
  holds: [],
  leases: [],
  uploadUrls: [],
  keys: {},
});

export class Refusal extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/** Mostly one of those that ever were; now and then one that never was. */
export const pick = (count: number, number: number): number =>
  count === 0 || number % 12 === 11 ? count : number % count;

/** Whose files a caller may act on; null is anybody's. */
export const reachOf = (by: CallerName): string | null => (by === 'app' ? null : by);

export const refCount = (model: Model, file: number): number =>
  model.holds.filter((hold) => hold.file === file).length;

/** Null where there is none, or none that it may see. @throws FORBIDDEN where it may see it and no more */
export function ownFile(model: Model, file: number, by: CallerName): ModelFile | null {
  const found = model.files[file] ?? null;
  const reach = reachOf(by);
  if (found === null || reach === null || found.owner === reach) return found;
  if (found.visibility === 'PRIVATE') return null;
  throw new Refusal('FORBIDDEN');
}

export function hold(model: Model, file: number, { document, field }: Place): void {
  const found = model.files[file];
  if (!found || isHeldBy(model, file, { document, field })) return;
  model.holds.push({ file, document, field });
  found.since = null;
}

export const isHeldBy = (model: Model, file: number, { document, field }: Place): boolean =>
  model.holds.some((held) => held.file === file && held.document === document && held.field === field);

export function letGo(model: Model, isEnded: (hold: ModelHold) => boolean): number {
  const ended = model.holds.filter(isEnded);
  model.holds = model.holds.filter((held) => !ended.includes(held));
  for (const { file } of ended) restAt(model, file);
  return ended.length;
}

/** From now on nothing holds it, if that is so. */
export function restAt(model: Model, file: number): void {
  const found = model.files[file];
  if (found && refCount(model, file) === 0 && !found.keep) found.since = model.hour;
}

/** What a caller may let go of: holds on files of its own. */
export const isWithinReach =
  (model: Model, by: CallerName) =>
  ({ file }: ModelHold): boolean =>
    reachOf(by) === null || model.files[file]?.owner === reachOf(by);

export function addFile(
  model: Model,
  file: Omit<ModelFile, 'since'>,
  attachTo: (Place & { readonly replace: boolean }) | null,
  by: CallerName,
): number {
  const index = model.files.push({ ...file, since: file.keep ? null : model.hour }) - 1;
  if (attachTo?.replace) {
    const isMine = isWithinReach(model, by);
    letGo(
      model,
      (held) => held.document === attachTo.document && held.field === attachTo.field && isMine(held),
    );
  }
  if (attachTo) hold(model, index, attachTo);
  return index;
}

/** The file goes, and with the last one of its bytes their chunks, after the delay. */
export function removeFile(model: Model, file: number, delayHours = chunkDelayHours): void {
  const found = model.files[file];
  if (!found) return;
  model.files[file] = null;
  model.holds = model.holds.filter((held) => held.file !== file);
  if (model.files.some((other) => other?.content === found.content)) return;
  model.leases.push({
    why: 'deleted',
    since: model.hour,
    until: model.hour + delayHours,
    chunks: chunksOf(found.content),
  });
}
