/** What a file shall be, once the input is checked: the same for every way that its bytes may come. */
import { GridholdError } from '../errors/gridhold-error.ts';
import { ownersWithin } from './access.ts';
import {
  checkAttachTo,
  checkFilename,
  checkKeep,
  checkMaxSize,
  checkMetadata,
  checkOwner,
  checkSha256,
  checkVisibility,
} from './check-input.ts';
import { narrowContentTypes, parseContentTypePatterns } from './content-type.ts';
import type { DomainSettings } from './context.ts';
import type { AttachTo, Caller, FileInput, JsonObject, Visibility } from './model.ts';

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

/** What the settings let a caller store who may store at all: that is asked elsewhere. */
export function storingLimits(caller: Caller, settings: DomainSettings): StoringLimits {
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
