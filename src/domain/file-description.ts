/** What a file shall be, once the input is checked: the same for every way that its bytes may come. */
import { createHash } from 'node:crypto';
import { GridholdError } from '../errors/gridhold-error.ts';
import { ownersWithin } from './access.ts';
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

export interface StoringLimits {
  /** Bytes. */
  readonly maxUploadBytes: number;
  /** Empty: any. */
  readonly contentTypes: readonly string[];
}

/** What the settings let this caller store. @throws UNAUTHENTICATED, FORBIDDEN */
export function storingLimits(caller: Caller, settings: DomainSettings): StoringLimits {
  ownersWithin(caller, 'store');
  const { maxUploadBytes, contentTypes, userMaxUploadBytes, userContentTypes } = settings;
  if (caller.role !== 'user') return { maxUploadBytes, contentTypes };
  return {
    maxUploadBytes: Math.min(maxUploadBytes, userMaxUploadBytes ?? maxUploadBytes),
    contentTypes: narrowContentTypes(contentTypes, userContentTypes ?? []),
  };
}

/** @throws FORBIDDEN where a user names somebody else */
function ownerOf(input: FileInput, asOwner: string | null): string | null {
  const named = checkOwner(input.owner);
  if (asOwner === null || named === null || named === asOwner) return named ?? asOwner;
  throw new GridholdError('FORBIDDEN', 'owner: a user stores files of its own only');
}

/** @throws BAD_USER_INPUT naming the argument, UNAUTHENTICATED, FORBIDDEN */
export function describeFile(input: FileInput, caller: Caller, settings: DomainSettings): FileDescription {
  const asOwner = ownersWithin(caller, 'store');
  const limits = storingLimits(caller, settings);
  return {
    filename: checkFilename(input.filename),
    visibility: checkVisibility(input.visibility) ?? settings.defaultVisibility,
    metadata: checkMetadata(input.metadata),
    keep: checkKeep(input.keep) ?? false,
    owner: ownerOf(input, asOwner),
    attachTo: input.attachTo
      ? { ...checkAttachTo(input.attachTo), onlyOwner: ownersWithin(caller, 'hold') }
      : null,
    maxSize: checkMaxSize(input.maxSize, limits.maxUploadBytes),
    contentTypes: narrowContentTypes(limits.contentTypes, parseContentTypePatterns(input.contentTypes ?? [])),
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
