/** docs/data-model.md, taken apart: what it says is what tests run and compare. */
import { readFile } from 'node:fs/promises';

export const page = await readFile(new URL('../../docs/data-model.md', import.meta.url), 'utf8');

export const neverStored = 'file_01h455vb4pex5vsknk084sn02q';

/** The words of the page, as BSON's `$type` says them. */
const typesOf: Readonly<Record<string, readonly string[]>> = {
  ObjectId: ['objectId'],
  binary: ['binData'],
  boolean: ['bool'],
  date: ['date'],
  document: ['object'],
  int64: ['long'],
  'may be absent': ['missing'],
  null: ['null'],
  number: ['int', 'long', 'double'],
  string: ['string'],
};

/** What a table of fields stands behind. */
const tables = {
  gridhold: '### `gridhold`: the marker',
  files: '### `files`: one storage ID with its metadata and count',
  attachments: "### `attachments`: one document's hold on one file, in one field",
  'blobs.files': 'In `blobs.files`:',
  'blobs.chunks': 'In `blobs.chunks`:',
} as const;

export type DocumentedCollection = keyof typeof tables;
export const documentedCollections = Object.keys(tables) as DocumentedCollection[];

export interface DocumentedField {
  readonly name: string;
  /** Each alternative that the page names, as the types that it may be. */
  readonly types: readonly (readonly string[])[];
}

export function documentedFields(collection: DocumentedCollection): DocumentedField[] {
  return rowsBehind(tables[collection]).map(([name = '', words = '']) => ({
    name: name.replaceAll('`', ''),
    types: words.split(/, | or /).map((word) => {
      const types = typesOf[word];
      if (!types) throw new Error(`docs/data-model.md: ${collection}.${name} is ${words}, which is no type`);
      return types;
    }),
  }));
}

export interface DocumentedIndex {
  readonly collection: string;
  readonly fields: readonly string[];
  readonly isUnique: boolean;
}

export function documentedIndexes(): DocumentedIndex[] {
  return rowsBehind('### Indexes').map(([collection = '', fields = '', purpose = '']) => ({
    collection: collection.replaceAll('`', ''),
    fields: namesIn(fields),
    isUnique: purpose.includes('unique'),
  }));
}

/** The names under "The rest": of collections, and of fields. */
export function namesOfTheRest(): string[] {
  const [, section = ''] = page.split('### The rest\n');
  const [body = ''] = section.split('\n## ');
  return namesIn(body);
}

export function codeOf(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code = '']) => code,
  );
}

/** The command under this mark, as text: its capitals are to be filled in. */
export function commandOf(mark: string): string {
  const [, command] = new RegExp(`<!-- ${mark} -->\\s+\`\`\`json\\n(.*?)\`\`\``, 's').exec(page) ?? [];
  if (command === undefined) throw new Error(`docs/data-model.md has no command under ${mark}`);
  return command;
}

/** The cells of the first table behind a text, without its head. */
function rowsBehind(text: string): string[][] {
  const [, section] = page.split(text);
  if (section === undefined) throw new Error(`docs/data-model.md lacks ${text}`);
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name);
}
