/** Names that we give out and get back: IDs and cursors. One spelling for each thing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  attachmentId,
  documentNodeId,
  isFileId,
  isUploadUrlId,
  newFileId,
  newUploadUrlId,
  parseAttachmentId,
  parseDocumentNodeId,
} from '../src/domain/ids.ts';
import { type CursorKey, cursorOf, pageRequest } from '../src/domain/paging.ts';
import { GridholdError } from '../src/errors/gridhold-error.ts';
import { change } from './support/changed-text.ts';

/** Also halves of surrogate pairs, and what JSON, base64 and our own IDs are made of. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'["],_/\\u0\ud800\udc00é'.split('')), maxLength: 12 }),
);

describe('IDs', () => {
  test('of attachments and documents give back the names that they were made of', () => {
    fc.assert(
      fc.property(text, text, text, text, (fileId, collection, documentId, field) => {
        const key = { fileId, collection, documentId, field };
        expect(parseAttachmentId(attachmentId(key))).toEqual(key);
        const document = { collection, documentId };
        expect(parseDocumentNodeId(documentNodeId(document))).toEqual(document);
      }),
      { numRuns: 500 },
    );
  });

  test('of one kind are none of another', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const document = documentNodeId({ collection: one, documentId: other });
        const attachment = attachmentId({ fileId: one, collection: other, documentId: one, field: other });
        expect([document, attachment].filter((id) => isFileId(id) || isUploadUrlId(id))).toEqual([]);
        expect(parseDocumentNodeId(attachment)).toBeNull();
        expect(parseAttachmentId(document)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  test('that are changed name nothing, or are the ID of what they name', () => {
    fc.assert(
      fc.property(text, text, change, (collection, documentId, changed) => {
        const document = changed(documentNodeId({ collection, documentId }));
        const named = parseDocumentNodeId(document);
        expect(named && documentNodeId(named)).toBe(named && document);
        const key = { fileId: newFileId(), collection, documentId, field: 'file' };
        const attachment = changed(attachmentId(key));
        const held = parseAttachmentId(attachment);
        expect(held && attachmentId(held)).toBe(held && attachment);
      }),
      { numRuns: 1_000 },
    );
  });

  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  /** The TypeID specification, read the other way: 26 digits of five bits each, 128 of them. */
  const bitsOf = (id: string): bigint =>
    [...id.slice(id.indexOf('_') + 1)].reduce(
      (bits, digit) => bits * 32n + BigInt(alphabet.indexOf(digit)),
      0n,
    );

  test('of files and upload URLs are UUIDs of version 7 and of now, in the only spelling', () => {
    for (const make of [newFileId, newUploadUrlId]) {
      const ids = Array.from({ length: 200 }, make);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) {
        const bits = bitsOf(id);
        expect(bits >> 128n).toBe(0n);
        expect(Math.abs(Number(bits >> 80n) - Date.now())).toBeLessThan(60_000);
        expect((bits >> 76n) & 15n).toBe(7n);
        expect((bits >> 62n) & 3n).toBe(2n);
      }
    }
  });

  test('of files and upload URLs that are changed are none, or as good as made', () => {
    fc.assert(
      fc.property(change, (changed) => {
        for (const [make, is] of [
          [newFileId, isFileId],
          [newUploadUrlId, isUploadUrlId],
        ] as const) {
          const id = changed(make());
          const isWellFormed = [...id.slice(id.indexOf('_') + 1)].every((digit) => alphabet.includes(digit));
          const prefix = make().replace(/_.*/, '_');
          const isOne =
            id.startsWith(prefix) &&
            id.length === prefix.length + 26 &&
            isWellFormed &&
            bitsOf(id) < 1n << 128n;
          expect(is(id)).toBe(isOne);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('cursors', () => {
  const key = fc.array(
    fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)),
    {
      maxLength: 3,
    },
  );
  const keyOf = (cursor: string, kind: string): CursorKey | string | null => {
    try {
      return pageRequest({ after: cursor }, kind, () => true).after;
    } catch (error) {
      if (error instanceof GridholdError) return error.code;
      throw error;
    }
  };

  test('give back their key, in the order that they are of and in no other', () => {
    fc.assert(
      fc.property(key, text, text, (made, kind, other) => {
        // JSON has no negative zero.
        const read = made.map((part) => (Object.is(part, -0) ? 0 : part));
        expect(keyOf(cursorOf(kind, made), kind)).toEqual(read);
        if (other !== kind) expect(keyOf(cursorOf(kind, made), other)).toBe('BAD_USER_INPUT');
      }),
      { numRuns: 500 },
    );
  });

  test('of any other text are BAD_USER_INPUT', () => {
    const json = fc.json().map((value) => Buffer.from(value).toString('base64url'));
    fc.assert(
      fc.property(fc.oneof(text, json, fc.base64String()), (cursor) => {
        expect(keyOf(cursor, 'files')).toBe('BAD_USER_INPUT');
      }),
      { numRuns: 500 },
    );
  });
});
