/** Cursors that somebody made by hand: a page or a refusal, from every connection, and never a fault. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { cursorOf } from '../src/domain/paging.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { app, codeOf, documentOf } from './support/use-case-input.ts';

let rules: UseCases;
let fileId: string;

beforeAll(async () => {
  const { gridhold } = await openTestGridhold();
  rules = gridhold.useCases;
  fileId = (await gridhold.store(Buffer.from('x'), { attachTo: { document: documentOf('posts', 1) } })).id;
});

const time = fc.oneof(fc.double(), fc.constantFrom(0, 1.5, 2 ** 53, 8.64e15, 8.64e15 + 2, -8.64e15, 1e300));
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('f'.repeat(24), 'F'.repeat(24), '', '\ud800', '$ne', '\0'),
);
const part = fc.oneof(time, text, fc.constant(null));
/** Mostly of a form that some connection takes. */
const key = fc.oneof(
  fc.tuple(time, text),
  fc.tuple(time, fc.constant('f'.repeat(24))),
  fc.tuple(fc.option(text), text),
  fc.tuple(text),
  fc.array(part, { maxLength: 3 }),
);
const cursor = fc.tuple(
  fc.constantFrom('files:UPLOADED_AT:-1', 'files:SIZE:-1', 'files:FILENAME:-1', 'attachments', 'documents'),
  key,
);

const isTime = (given: unknown): boolean => Number.isInteger(given) && Math.abs(Number(given)) <= 8.64e15;
const isText = (given: unknown): boolean => typeof given === 'string';

/** What the keys of each connection are made of. */
const keys: Readonly<Record<string, (given: readonly unknown[]) => boolean>> = {
  'files:UPLOADED_AT:-1': ([at, id]) => isTime(at) && isText(id),
  'files:SIZE:-1': ([size, id]) => typeof size === 'number' && isText(id),
  'files:FILENAME:-1': ([name, id]) => (name === null || isText(name)) && isText(id),
  attachments: ([at, id]) => isTime(at) && isText(id) && /^[0-9a-f]{24}$/.test(String(id)),
  documents: ([id]) => isText(id),
};

test('a cursor is taken where its key is one of that connection in that order', async () => {
  await fc.assert(
    fc.asyncProperty(cursor, fc.boolean(), async ([kind, given], isBackward) => {
      const made = cursorOf(kind, given);
      const args = isBackward ? { last: 2, before: made } : { first: 2, after: made };
      // JSON has no NaN, no infinity and no negative zero.
      const read: unknown[] = JSON.parse(JSON.stringify(given));
      const length = kind === 'documents' ? 1 : 2;
      const isKey = (wanted: string): boolean =>
        wanted === kind && read.length === length && (keys[kind]?.(read) ?? false);
      const expected = (wanted: string): string => (isKey(wanted) ? 'OK' : 'BAD_USER_INPUT');
      for (const field of ['UPLOADED_AT', 'SIZE', 'FILENAME'] as const) {
        const listed = rules.listFiles(args, null, { field, direction: 'DESC' }, app);
        expect(await codeOf(listed)).toBe(expected(`files:${field}:-1`));
      }
      expect(await codeOf(rules.attachmentPages([{ fileId }], args, app))).toBe(expected('attachments'));
      expect(await codeOf(rules.listDocuments('posts', args, app))).toBe(expected('documents'));
    }),
    { numRuns: 300 },
  );
});
