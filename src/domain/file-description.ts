/** What a file shall be, once the input is checked: the same for every way that its bytes may come. */
import { createHash } from 'node:crypto';
import {
  checkAttachTo,
  checkFilename,
  checkIdempotencyKey,
  checkKeep,
  checkMaxSize,
  checkMetadata,
  checkOwner,
  checkSha256,
  checkVisibility,
} from './check-input.ts';
import { narrowContentTypes, parseContentTypePatterns } from './content-type.ts';
import type { DomainSettings } from './context.ts';
import type { AttachTo, Caller, FileInput, JsonObject, StoreFileInput, Visibility } from './model.ts';

export interface FileDescription {
  readonly filename: string | null;
  readonly visibility: Visibility;
  readonly metadata: JsonObject;
  readonly keep: boolean;
  readonly owner: string | null;
  readonly attachTo: AttachTo | null;
  /** Bytes. */
  readonly maxSize: number;
  /** Empty: any. */
  readonly contentTypes: readonly string[];
  readonly sha256: string | null;
}

/** @throws BAD_USER_INPUT naming the argument */
export function describeFile(input: FileInput, caller: Caller, settings: DomainSettings): FileDescription {
  return {
    filename: checkFilename(input.filename),
    visibility: checkVisibility(input.visibility) ?? settings.defaultVisibility,
    metadata: checkMetadata(input.metadata),
    keep: checkKeep(input.keep) ?? false,
    owner: checkOwner(input.owner) ?? caller.subject,
    attachTo: input.attachTo ? checkAttachTo(input.attachTo) : null,
    maxSize: checkMaxSize(input.maxSize, settings.maxUploadBytes),
    contentTypes: narrowContentTypes(
      settings.contentTypes,
      parseContentTypePatterns(input.contentTypes ?? []),
    ),
    sha256: checkSha256(input.sha256),
  };
}

export interface IdempotentRequest {
  readonly id: { readonly caller: string; readonly key: string };
  /** SHA-256 over the input: the same key with another input is another request. */
  readonly inputHash: string;
}

/**
 * The input as it was given: what the settings make of it may differ from instance to instance.
 * @param source the URL that the bytes are fetched from: another one is another request
 */
export function idempotentRequest(
  input: StoreFileInput,
  caller: Caller,
  source: URL | null = null,
): IdempotentRequest | null {
  const key = checkIdempotencyKey(input.idempotencyKey);
  if (key === null) return null;
  const { filename, contentTypes, maxSize, sha256, visibility, metadata, keep, owner, attachTo } = input;
  const given = [
    filename ?? null,
    contentTypes ?? [],
    maxSize ?? null,
    checkSha256(sha256),
    visibility ?? null,
    metadata ?? {},
    keep ?? false,
    owner ?? null,
    attachTo ? checkAttachTo(attachTo) : null,
    ...(source ? [source.href] : []),
  ];
  const inputHash = createHash('sha256').update(JSON.stringify(given)).digest('hex');
  return { id: { caller: caller.id, key }, inputHash };
}
