/** Commands that attach, let go, change and delete: alone, or several in a caller's transaction. */
import fc from 'fast-check';
import { actualOutcome, expectedOutcome, type Operation, type Outcome } from './operation.ts';
import { callers, type Real } from './real.ts';
import {
  type CallerName,
  hold,
  isHeldBy,
  isWithinReach,
  letGo,
  type Model,
  ownFile,
  type Place,
  pick,
  Refusal,
  reachOf,
  refCount,
  removeFile,
  restAt,
} from './state.ts';
import { by, documentOf, place, someone } from './storing.ts';

interface OnFile {
  readonly by: CallerName;
  readonly file: number;
}

const onFile = { by, file: someone };
const inPlace =
  ({ document, field }: Place) =>
  (other: Place): boolean =>
    other.document === document && other.field === field;

export const attach: Operation<OnFile & { readonly at: Place; readonly replace: boolean }> = {
  name: 'attach',
  input: fc.record({ ...onFile, at: place, replace: fc.boolean() }),
  expected(model, { by: caller, file, at, replace }) {
    const number = pick(model.files.length, file);
    if (!ownFile(model, number, caller)) throw new Refusal('FILE_NOT_FOUND');
    const [isThere, isMine] = [inPlace(at), isWithinReach(model, caller)];
    if (replace) letGo(model, (held) => isThere(held) && isMine(held) && held.file !== number);
    hold(model, number, at);
    return { file: number };
  },
  async actual(real, { by: caller, file, at, replace }) {
    const attachment = await real.rules.attachFile(
      {
        fileId: real.idOf(pick(real.fileIds.length, file)),
        document: documentOf(at.document),
        field: at.field,
        replace,
      },
      callers[caller],
      { session: real.session },
    );
    return { file: real.numberOf(attachment.fileId) };
  },
};

export const detach: Operation<OnFile & { readonly at: Place }> = {
  name: 'detach',
  input: fc.record({ ...onFile, at: place }),
  expected(model, { by: caller, file, at }) {
    const number = pick(model.files.length, file);
    if (!ownFile(model, number, caller)) return { detached: false, refCount: null };
    const detached = isHeldBy(model, number, at);
    letGo(model, (held) => inPlace(at)(held) && held.file === number);
    return { detached, refCount: refCount(model, number) };
  },
  async actual(real, { by: caller, file, at }) {
    const { detached, file: left } = await real.rules.detachFile(
      {
        fileId: real.idOf(pick(real.fileIds.length, file)),
        document: documentOf(at.document),
        field: at.field,
      },
      callers[caller],
      { session: real.session },
    );
    return { detached, refCount: left?.refCount ?? null };
  },
};

interface SetInput {
  readonly by: CallerName;
  readonly at: Place;
  readonly files: readonly number[];
}

export const setDocumentFiles: Operation<SetInput> = {
  name: 'setDocumentFiles',
  input: fc.record({ by, at: place, files: fc.array(someone, { maxLength: 3 }) }),
  expected(model, { by: caller, at, files }) {
    const numbers = [...new Set(files.map((file) => pick(model.files.length, file)))].sort((a, b) => a - b);
    const reach = reachOf(caller);
    const found = numbers.map((number) => model.files[number] ?? null);
    // What it can't see is missing, and that is said first.
    const isSeen = found.map(
      (file) => file && (reach === null || file.owner === reach || file.visibility === 'PUBLIC'),
    );
    if (isSeen.includes(false) || isSeen.includes(null)) throw new Refusal('FILE_NOT_FOUND');
    for (const number of numbers) ownFile(model, number, caller);
    const isMine = isWithinReach(model, caller);
    letGo(model, (held) => inPlace(at)(held) && isMine(held) && !numbers.includes(held.file));
    for (const number of numbers) hold(model, number, at);
    return {};
  },
  async actual(real, { by: caller, at, files }) {
    const fileIds = files.map((file) => real.idOf(pick(real.fileIds.length, file)));
    await real.rules.setDocumentFiles(
      { document: documentOf(at.document), field: at.field, fileIds },
      callers[caller],
      { session: real.session },
    );
    return {};
  },
};

export const detachDocument: Operation<{ readonly by: CallerName; readonly document: number }> = {
  name: 'detachDocument',
  input: fc.record({ by, document: place.map(({ document }) => document) }),
  expected(model, { by: caller, document }) {
    const isMine = isWithinReach(model, caller);
    const files = model.holds.filter((held) => held.document === document && isMine(held));
    const numbers = new Set(files.map(({ file }) => file));
    const detached = letGo(model, (held) => files.includes(held));
    return { detached, files: [...numbers].sort() };
  },
  async actual(real, { by: caller, document }) {
    const { detached, fileIds } = await real.rules.detachDocument(
      { document: documentOf(document) },
      callers[caller],
      { session: real.session },
    );
    return { detached, files: fileIds.map((id) => real.numberOf(id)).sort() };
  },
};

export const deleteFile: Operation<OnFile & { readonly force: boolean }> = {
  name: 'deleteFile',
  input: fc.record({ ...onFile, force: fc.boolean() }),
  expected(model, { by: caller, file, force }) {
    const number = pick(model.files.length, file);
    if (!ownFile(model, number, caller)) return { deleted: false };
    if (refCount(model, number) > 0 && !force) throw new Refusal('FILE_IN_USE');
    removeFile(model, number);
    return { deleted: true };
  },
  async actual(real, { by: caller, file, force }) {
    const id = real.idOf(pick(real.fileIds.length, file));
    const { deleted } = await real.rules.deleteFile({ id, force }, callers[caller], {
      session: real.session,
    });
    return { deleted };
  },
};

interface UpdateInput extends OnFile {
  readonly changes: { readonly keep?: boolean | undefined; readonly filename?: string | null | undefined };
}

export const updateFile: Operation<UpdateInput> = {
  name: 'updateFile',
  input: fc.record({
    ...onFile,
    changes: fc.record(
      { keep: fc.boolean(), filename: fc.constantFrom(null, '$owner', 'b.txt') },
      { requiredKeys: [] },
    ),
  }),
  expected(model, { by: caller, file, changes }) {
    const number = pick(model.files.length, file);
    const found = ownFile(model, number, caller);
    if (!found) throw new Refusal('FILE_NOT_FOUND');
    const wasKept = found.keep;
    Object.assign(found, changes);
    if (found.keep) found.since = null;
    else if (wasKept) restAt(model, number);
    return { keep: found.keep, filename: found.filename };
  },
  async actual(real, { by: caller, file, changes }) {
    const id = real.idOf(pick(real.fileIds.length, file));
    const { keep, filename } = await real.rules.updateFile(id, changes, callers[caller]);
    return { keep, filename };
  },
};

/** One of those that join a caller's transaction, with its input. */
interface Joined {
  readonly name: string;
  readonly expected: (model: Model) => Outcome;
  readonly actual: (real: Real) => Promise<Outcome>;
}

const joinedOf = <Input>(operation: Operation<Input>): fc.Arbitrary<Joined> =>
  operation.input.map((input) => ({
    name: `${operation.name} ${fc.stringify(input)}`,
    expected: (model) => operation.expected(model, input),
    actual: (real) => operation.actual(real, input),
  }));

const joined = fc.oneof(
  joinedOf(attach),
  joinedOf(detach),
  joinedOf(setDocumentFiles),
  joinedOf(detachDocument),
  joinedOf(deleteFile),
);

interface TransactionInput {
  readonly steps: readonly Joined[];
  readonly commits: boolean;
}

/** What is refused inside of it has written nothing: it goes on, and is committed or not. */
export const transaction: Operation<TransactionInput> = {
  name: 'transaction',
  input: fc.record({ steps: fc.array(joined, { minLength: 1, maxLength: 4 }), commits: fc.boolean() }),
  expected(model, { steps, commits }) {
    const before = structuredClone(model);
    const outcomes = steps.map((step) => expectedOutcome(() => step.expected(model)));
    if (!commits) Object.assign(model, before);
    return { outcomes };
  },
  async actual(real, { steps, commits }) {
    const session = real.store.client.startSession();
    try {
      session.startTransaction();
      real.session = session;
      const outcomes: Outcome[] = [];
      for (const step of steps) outcomes.push(await actualOutcome(() => step.actual(real)));
      if (commits) await session.commitTransaction();
      else await session.abortTransaction();
      return { outcomes };
    } finally {
      real.session = undefined;
      await session.endSession();
    }
  },
};
