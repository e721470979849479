/** Stores bytes in one request, or makes staged bytes a file. Bytes of a third party: store-file-from-url.ts. */
import { ownersWithin } from './access.ts';
import { checkFilename } from './check-input.ts';
import type { DomainContext } from './context.ts';
import { describeFile, type FileDescription, storingLimits } from './file-description.ts';
import { fileMadeBy, type IdempotentRequest, idempotentRequest } from './idempotent-request.ts';
import type { IncomingBytes, StagedFile, StoreResult } from './incoming-bytes.ts';
import type { Caller, StoreFileInput } from './model.ts';
import { checkContentType, checkHash, checkSize, hashBytes } from './receive-bytes.ts';
import { Stage } from './stage-file.ts';
import { toStoredFile } from './to-model.ts';
import { keyUsed } from './upload-refusals.ts';

export async function storeFile(
  context: DomainContext,
  incoming: IncomingBytes,
  input: StoreFileInput,
  caller: Caller,
): Promise<StoreResult> {
  const description = describeFile(input, caller, context.settings);
  const fallbackFilename = checkFilename(incoming.filename);
  const idempotent = idempotentRequest(input, caller);
  const repeated = idempotent && (await repeatedRequest(context, idempotent, incoming));
  if (repeated) return repeated;
  return await storeDescribed(context, incoming, { description, fallbackFilename, idempotent });
}

interface Described {
  readonly description: FileDescription;
  readonly fallbackFilename: string | null;
  readonly idempotent: IdempotentRequest | null;
}

/** For input that is checked already, and whose idempotency key has made no file yet. */
export async function storeDescribed(
  context: DomainContext,
  incoming: IncomingBytes,
  as: Described,
): Promise<StoreResult> {
  const { description } = as;
  if (incoming.declaredLength !== null) checkSize(incoming.declaredLength, description.maxSize);
  checkHash(incoming.sha256, [description.sha256]);
  const stage = new Stage(context, incoming, description);
  try {
    return await finalizeStage(context, stage, as);
  } finally {
    await stage.discard();
  }
}

/** Begins at once, under the settings' limits; what the input narrows is checked when it is known. */
export function stageFile(context: DomainContext, incoming: IncomingBytes, caller: Caller): StagedFile {
  ownersWithin(caller, 'store');
  const { maxUploadBytes, contentTypes } = storingLimits(caller, context.settings);
  return new Stage(context, incoming, { maxSize: maxUploadBytes, contentTypes, sha256: null });
}

export async function storeStaged(
  context: DomainContext,
  staged: StagedFile,
  input: StoreFileInput,
  caller: Caller,
): Promise<StoreResult> {
  if (!(staged instanceof Stage)) throw new TypeError('Not a stage that stageFile has begun');
  const description = describeFile(input, caller, context.settings);
  const fallbackFilename = checkFilename(staged.incoming.filename);
  const idempotent = idempotentRequest(input, caller);
  const received = await staged.received();
  checkSize(received.size, description.maxSize);
  checkContentType(received, description.contentTypes);
  checkHash(received.sha256, [description.sha256]);
  return await finalizeStage(context, staged, { description, fallbackFilename, idempotent });
}

async function finalizeStage(context: DomainContext, stage: Stage, as: Described): Promise<StoreResult> {
  await stage.received();
  // Before the write: once the file is made, nothing may fail.
  const collectingSince = await context.collecting.read();
  const { record, created } = await stage.finalize({ ...as, uploadUrlId: null });
  return { file: toStoredFile(context, record, collectingSince), created };
}

/** A key that has made a file: the bytes are only compared. Null where it counts as new. */
async function repeatedRequest(
  context: DomainContext,
  idempotent: IdempotentRequest,
  incoming: IncomingBytes,
): Promise<StoreResult | null> {
  const record = await fileMadeBy(context, idempotent);
  if (!record) return null;
  const isSame =
    incoming.sha256 === record.sha256 || (await hashBytes(incoming, record.size)) === record.sha256;
  if (!isSame) throw keyUsed();
  return { file: toStoredFile(context, record, await context.collecting.read()), created: false };
}
