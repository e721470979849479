/** The checks that several use cases share. Each names the argument that was wrong, before anything is written. */
import { longestUrlLifeSeconds } from '../config/bounds.ts';
import { badInput } from '../errors/gridhold-error.ts';
import type { AttachTo, AttachToInput, DocumentName, JsonObject, Visibility } from './model.ts';

export const inputLimits = {
  nameCharacters: 200,
  filenameCharacters: 1_024,
  metadataBytes: 16 * 1_024,
  /** MongoDB refuses documents nested deeper than 100. */
  metadataDepth: 50,
  idempotencyKeyCharacters: 200,
} as const;

/**
 * BSON strings are UTF-8: half a surrogate pair would come back as another character. An app's own call may bring
 * anything, above all an ObjectId as a document's ID.
 */
function checkText(name: string, value: string, minimum: number, maximum: number): string {
  if (typeof value !== 'string') throw badInput(`${name}: must be a string`);
  const characters = [...value].length;
  if (characters < minimum || characters > maximum) {
    throw badInput(`${name}: must be ${minimum} to ${maximum} characters, not ${characters}`);
  }
  if (!value.isWellFormed()) throw badInput(`${name}: is not well-formed Unicode (half of a surrogate pair)`);
  return value;
}

export function checkDocumentName(document: DocumentName): DocumentName {
  if (typeof document !== 'object' || document === null) {
    throw badInput('document: must have a collection and a documentId');
  }
  const { collection, documentId } = document;
  return {
    collection: checkCollection(collection),
    documentId: checkText('documentId', documentId, 1, inputLimits.nameCharacters),
  };
}

export function checkCollection(collection: string): string {
  return checkText('collection', collection, 1, inputLimits.nameCharacters);
}

export function checkField(field: string | null | undefined): string {
  return checkText('field', field ?? 'file', 1, inputLimits.nameCharacters);
}

export function checkAttachTo(input: AttachToInput): Omit<AttachTo, 'onlyOwner'> {
  return {
    document: checkDocumentName(input.document),
    field: checkField(input.field),
    replace: input.replace ?? false,
  };
}

export function checkFilename(filename: string | null | undefined): string | null {
  return filename == null ? null : checkText('filename', filename, 0, inputLimits.filenameCharacters);
}

export function checkOwner(owner: string | null | undefined): string | null {
  return owner == null ? null : checkText('owner', owner, 1, inputLimits.nameCharacters);
}

export function checkKeyName(name: string): string {
  return checkText('name', name, 1, inputLimits.nameCharacters);
}

export function checkIdempotencyKey(key: string | null | undefined): string | null {
  return key == null ? null : checkText('idempotencyKey', key, 1, inputLimits.idempotencyKeyCharacters);
}

export function checkSha256(sha256: string | null | undefined): string | null {
  if (sha256 == null) return null;
  if (!/^[0-9a-fA-F]{64}$/.test(sha256)) throw badInput('sha256: must be 64 hexadecimal digits');
  return sha256.toLowerCase();
}

/** GraphQL's types say so already; an app's own call may bring anything. */
export function checkVisibility(visibility: Visibility | null | undefined): Visibility | null {
  if (visibility == null || visibility === 'PUBLIC' || visibility === 'PRIVATE') return visibility ?? null;
  throw badInput('visibility: must be PUBLIC or PRIVATE');
}

export function checkKeep(keep: boolean | null | undefined): boolean | null {
  if (keep == null || typeof keep === 'boolean') return keep ?? null;
  throw badInput('keep: must be true or false');
}

/** @returns bytes, at most the settings' limit */
export function checkMaxSize(maxSize: number | null | undefined, maxUploadBytes: number): number {
  if (maxSize == null) return maxUploadBytes;
  if (!Number.isSafeInteger(maxSize) || maxSize < 0)
    throw badInput('maxSize: must be a number of bytes, 0 or more');
  return Math.min(maxSize, maxUploadBytes);
}

/** @returns seconds */
export function checkExpiresIn(expiresIn: number | null | undefined, defaultSeconds: number): number {
  if (expiresIn == null) return defaultSeconds;
  if (!Number.isSafeInteger(expiresIn) || expiresIn < 1 || expiresIn > longestUrlLifeSeconds) {
    throw badInput(`expiresIn: must be 1 to ${longestUrlLifeSeconds} seconds (7 days)`);
  }
  return expiresIn;
}

export function checkMetadata(metadata: JsonObject | null | undefined): JsonObject {
  if (metadata == null) return {};
  if (typeof metadata !== 'object' || Array.isArray(metadata))
    throw badInput('metadata: must be a JSON object');
  checkMetadataValue(metadata, 0);
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes > inputLimits.metadataBytes) {
    throw badInput(`metadata: must be at most ${inputLimits.metadataBytes} bytes of JSON, not ${bytes}`);
  }
  return metadata;
}

/** What JSON allows and BSON can't give back as it was is refused. */
function checkMetadataValue(value: unknown, depth: number): void {
  if (depth > inputLimits.metadataDepth) {
    throw badInput(`metadata: must not be nested deeper than ${inputLimits.metadataDepth}`);
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw badInput('metadata: holds text that is not well-formed Unicode (half of a surrogate pair)');
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    throw badInput('metadata: holds a number that is not finite');
  if (['undefined', 'function', 'symbol', 'bigint'].includes(typeof value)) {
    throw badInput(`metadata: holds a value that is not JSON (${typeof value})`);
  }
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && ![Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    throw badInput('metadata: holds an object that is not plain JSON');
  }
  if (isSplitByDrivers(value)) {
    throw badInput(
      'metadata: holds {"$ref", "$id"} with a dot in $ref, which MongoDB\'s drivers read as another one',
    );
  }
  for (const [key, item] of Object.entries(value)) {
    if (key.includes('\0')) throw badInput('metadata: a key holds the character U+0000');
    if (!key.isWellFormed()) throw badInput('metadata: a key is not well-formed Unicode');
    checkMetadataValue(item, depth + 1);
  }
}

/** Drivers make a DBRef of `{$ref, $id}`, and of a `$ref` of two parts a database and a collection: the rest is lost. */
function isSplitByDrivers(value: object): boolean {
  if (!('$ref' in value && '$id' in value)) return false;
  return typeof value.$ref === 'string' && value.$ref.split('.').length === 2 && value.$id !== null;
}
