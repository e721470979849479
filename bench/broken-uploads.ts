/**
 * A thousand broken uploads of each kind: what the service holds afterwards is what it held before, and the database
 * holds nothing. `npm run bench:broken`; CONTRIBUTING says how to read it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { fillPool } from './broken/fill-pool.ts';
import { type Kind, kinds } from './broken/kinds.ts';
import { leftovers } from './broken/leftovers.ts';
import { mebibyte } from './support/byte-source.ts';
import { type MeasuredService, withService } from './support/measured-service.ts';
import { type Held, heldBy, isMeasurable } from './support/process-figures.ts';
import { inMebibytes, type Row, report, say } from './support/report.ts';

const uploads = Number(process.env['BENCH_UPLOADS'] ?? 1_000);
const atOnce = 8;
/** Whoever leaves without an answer could send the next ones faster than anybody can take them. */
const mostUnderWay = 16;
/** Of each kind before it is measured: pools, caches and the compiler's work are filled by these. */
const warmingUploads = 200;
/** The driver opens connections where many wait at once, up to 100 and its monitors, and keeps them. */
const mostToMongodb = 104;
const mayDiffer = 0.1;
const mostLooks = 4;
/** V8 gives the empty young generation back, up to 32 MiB, at a collection after five seconds of little work. */
const youngGenerationMs = 6_000;
const freeBytes = 8 * 1_024 * mebibyte;

async function run(service: MeasuredService, kind: Kind, count: number): Promise<string[]> {
  const urls = await kind.prepare(service.url, count);
  const others = new Map<string, number>();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const outcome = await kind.upload(urls[index] ?? '', index).catch((error: Error) => error.message);
      if (outcome !== kind.expected) others.set(String(outcome), (others.get(String(outcome)) ?? 0) + 1);
      while (held(service).clients > mostUnderWay) await delay(5);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return [...others].map(([outcome, times]) => `${times} × ${outcome} instead of ${kind.expected}`);
}

function held(service: MeasuredService): Held {
  return heldBy(service.pid, { service: Number(new URL(service.url).port), mongod: service.mongodPort });
}

/** When nobody is connected any more, and memory has been the same for a while. */
async function atRest(service: MeasuredService): Promise<Held> {
  const deadline = performance.now() + 120_000;
  await delay(youngGenerationMs);
  let last = held(service);
  for (let quiet = 0; quiet < 3 && performance.now() < deadline; ) {
    await service.collectGarbage();
    const now = held(service);
    const isQuiet = now.clients === 0 && Math.abs(now.rssBytes - last.rssBytes) < mebibyte;
    quiet = isQuiet ? quiet + 1 : 0;
    last = now;
  }
  return last;
}

/** What malloc and V8 keep for a while, they give back; what is lost only grows, however often it is looked at. */
async function afterwards(service: MeasuredService, kind: Kind, before: Held): Promise<Held> {
  let after = await atRest(service);
  for (let look = 1; look < mostLooks && !isWithin(before.rssBytes, after.rssBytes); look++) {
    await run(service, kind, warmingUploads);
    after = await atRest(service);
  }
  return after;
}

const isWithin = (one: number, other: number): boolean => other <= one * (1 + mayDiffer);

function rowOf(name: string, before: Held, after: Held, wrong: readonly string[]): Row {
  const broken = [...wrong];
  if (!isWithin(before.rssBytes, after.rssBytes)) broken.push('its memory is not what it was');
  const ownDescriptors = ({ descriptors, toMongodb }: Held): number => descriptors - toMongodb;
  if (!isWithin(ownDescriptors(before), ownDescriptors(after)))
    broken.push('its descriptors are not what they were');
  if (after.toMongodb > mostToMongodb && !isWithin(before.toMongodb, after.toMongodb))
    broken.push('its connections to MongoDB are more');
  if (after.clients > 0) broken.push('connections of clients stayed open');
  return {
    name,
    figures: [
      inMebibytes(before.rssBytes),
      inMebibytes(after.rssBytes),
      `${before.descriptors} → ${after.descriptors}`,
      `${before.clients} → ${after.clients}`,
      `${before.toMongodb} → ${after.toMongodb}`,
    ],
    broken,
  };
}

/** All, or those whose names hold what was asked for. */
const measured = kinds.filter(({ name }) => name.includes(process.argv[2] ?? ''));

async function measure(service: MeasuredService): Promise<Row[]> {
  const rows: Row[] = [];
  await fillPool(service, () => held(service).toMongodb);
  say(`connections to MongoDB: ${held(service).toMongodb}`);
  let first: Held | null = null;
  let last: Held | null = null;
  for (const kind of measured) {
    await run(service, kind, warmingUploads);
    const before = await atRest(service);
    const wrong = await run(service, kind, uploads);
    const after = await afterwards(service, kind, before);
    const left = (await leftovers(service)).map((what) => `left behind: ${what}`);
    rows.push(rowOf(kind.name, before, after, [...wrong, ...left]));
    say(`${kind.name}: ${inMebibytes(after.rssBytes)}`);
    first ??= before;
    last = after;
  }
  if (first && last) rows.push(rowOf('all of them', first, last, []));
  return rows;
}

if (isMeasurable) {
  await withService(freeBytes, async (service) => {
    const rows = await measure(service);
    report(`${uploads} broken uploads`, ['memory', 'after', 'descriptors', 'clients', 'to MongoDB'], rows);
  });
} else {
  say(`Not measured: ${process.platform} does not tell what a process holds.`);
}
