/**
 * One page over several collections that share a key, none of them held whole: each reads what it has from the page's
 * beginning, and the page ends where the first of them is full. MongoDB compares the keys, so their types don't matter.
 */
import type { KeyRange, Rows } from './key-ranges.ts';
import { type RecordKey, showKey } from './record-keys.ts';

/** Rounds only shrink a page. So many are never needed, unless somebody writes into just this range all the time. */
const mostRounds = 100;

export interface Side<Row> {
  /** Of the page, once it is aligned. */
  readonly rows: readonly Row[];
  read(range: KeyRange): Promise<RecordKey | null>;
}

type Reader = Pick<Side<unknown>, 'read'>;

export function side<Row>(readRows: (range: KeyRange) => Promise<Rows<Row>>): Side<Row> {
  let rows: readonly Row[] = [];
  return {
    get rows() {
      return rows;
    },
    async read(range) {
      const found = await readRows(range);
      rows = found.rows;
      return found.next;
    },
  };
}

/** @returns where the next page begins; null: this was the last */
export async function alignPage(from: RecordKey | null, sides: readonly Reader[]): Promise<RecordKey | null> {
  const readTo = new Map<Reader, string | null>();
  let to = null as RecordKey | null;
  for (let round = 0; round < mostRounds; round++) {
    const end: string | null = to?.text ?? null;
    const stale: Reader | undefined = sides.find((one) => readTo.get(one) !== end);
    if (!stale) return to;
    const next: RecordKey | null = await stale.read({ from, to });
    if (next && next.text === from?.text) throw new Error(`No way beyond the key ${showKey(next)}`);
    to = next ?? to;
    readTo.set(stale, to?.text ?? null);
  }
  throw new Error(`The page that begins with ${from ? showKey(from) : 'the first key'} changes too fast`);
}
