/**
 * How much memory the service takes for large files: by every way in, out, and sixteen at once. Its growth is its peak
 * above what it had before, as the kernel keeps both. `npm run bench:memory`; CONTRIBUTING says how to read it.
 */
import { mebibyte, pieces } from './support/byte-source.ts';
import { type MeasuredService, withService } from './support/measured-service.ts';
import { isMeasurable, peakDuring, rssBytes } from './support/process-figures.ts';
import { inMebibytes, type Row, report, say } from './support/report.ts';
import {
  download,
  formEnd,
  graphqlHead,
  graphqlHeaders,
  send,
  storedId,
  uploadUrls,
} from './support/requests.ts';

const largeBytes = 1_024 * mebibyte;
const oneMayGrowBytes = 64 * mebibyte;
const atOnce = 16;
const eachBytes = 256 * mebibyte;
const atOnceMayGrowBytes = 128 * mebibyte;
const warmingBytes = 64 * mebibyte;
/** The sixteen, twice over: what is there once, and MongoDB's log of it. */
const freeBytes = 12 * 1_024 * mebibyte;

type StoreBytes = (service: MeasuredService, bytes: number) => Promise<string>;

const byUrl: StoreBytes = async ({ url }, bytes) => {
  const [uploadUrl = ''] = await uploadUrls(url, 1);
  return await storedId(send(uploadUrl, 'PUT', { 'content-length': String(bytes) }, pieces(bytes)));
};

const byPost: StoreBytes = ({ url }, bytes) =>
  storedId(send(`${url}/files`, 'POST', { 'content-length': String(bytes) }, pieces(bytes)));

const byGraphql: StoreBytes = ({ url }, bytes) => {
  function* body(): Generator<Uint8Array> {
    yield graphqlHead;
    yield* pieces(bytes);
    yield formEnd;
  }
  return storedId(send(`${url}/graphql`, 'POST', graphqlHeaders, body()));
};

const ways: readonly (readonly [string, StoreBytes])[] = [
  ['by upload URL', byUrl],
  ['by POST /files', byPost],
  ['by GraphQL multipart', byGraphql],
];

async function remove(service: MeasuredService, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const query = 'mutation ($id: ID!) { deleteFile(id: $id) { deleted } }';
    await send(`${service.url}/graphql`, 'POST', { 'content-type': 'application/json' }, [
      Buffer.from(JSON.stringify({ query, variables: { id } })),
    ]);
  }
  await service.sweep();
}

/** What is loaded once, and the buffers that are filled once, are no growth. */
async function warmUp(service: MeasuredService): Promise<void> {
  for (const [, store] of ways) {
    const id = await store(service, warmingBytes);
    await download(`${service.url}/files/${id}`);
    await remove(service, [id]);
  }
}

async function measure(service: MeasuredService): Promise<Row[]> {
  const rows: Row[] = [];
  const note = async (name: string, mostBytes: number, work: () => Promise<unknown>): Promise<void> => {
    const before = rssBytes(service.pid);
    const startedAt = performance.now();
    const peak = await peakDuring(service.pid, work);
    const seconds = (performance.now() - startedAt) / 1_000;
    const growth = peak - before;
    rows.push({
      name,
      figures: [before, peak, growth, mostBytes].map(inMebibytes).concat(`${seconds.toFixed(0)} s`),
      broken: growth < mostBytes ? [] : [`it grew by ${inMebibytes(growth)}`],
    });
    say(`${name}: +${inMebibytes(growth)}`);
  };

  for (const [name, store] of ways) {
    let id = '';
    await note(`1 GiB ${name}`, oneMayGrowBytes, async () => {
      id = await store(service, largeBytes);
    });
    await note(`1 GiB download, stored ${name}`, oneMayGrowBytes, async () => {
      const received = await download(`${service.url}/files/${id}`);
      if (received !== largeBytes) throw new Error(`${received} bytes came`);
    });
    await remove(service, [id]);
  }
  let ids: string[] = [];
  await note(`${atOnce} × 256 MiB at once by upload URL`, atOnceMayGrowBytes, async () => {
    ids = await Promise.all(Array.from({ length: atOnce }, () => byUrl(service, eachBytes)));
  });
  await remove(service, ids);
  return rows;
}

if (isMeasurable) {
  await withService(freeBytes, async (service) => {
    say(`after its start: ${inMebibytes(rssBytes(service.pid))}`);
    await warmUp(service);
    report('memory', ['before', 'peak', 'growth', 'bound', 'time'], await measure(service));
  });
} else {
  say(`Not measured: ${process.platform} does not tell what a process holds.`);
}
