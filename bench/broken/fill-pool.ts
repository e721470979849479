/**
 * The driver opens a connection where many wait at once, and keeps it: a third of a MiB each. All that it will ever have
 * are opened before anything is measured, or a kind that happens to need more of them would seem to lose memory.
 */
import { bytes } from '../support/byte-source.ts';
import type { MeasuredService } from '../support/measured-service.ts';
import { graphql, send, storedId } from '../support/requests.ts';

/** The driver's default; its monitors come on top. */
const pooled = 100;
const mostRounds = 20;
const atOnce = 200;
const deletedPerRequest = 50;

/** Stores small files until the pool is full, and deletes them. @param toMongodb the connections there are now */
export async function fillPool(service: MeasuredService, toMongodb: () => number): Promise<void> {
  const ids: string[] = [];
  for (let round = 0; round < mostRounds && toMongodb() < pooled; round++) {
    ids.push(
      ...(await Promise.all(
        Array.from({ length: atOnce }, () =>
          storedId(send(`${service.url}/files`, 'POST', {}, [bytes(1_000)])),
        ),
      )),
    );
  }
  for (let from = 0; from < ids.length; from += deletedPerRequest) {
    const fields = ids
      .slice(from, from + deletedPerRequest)
      .map((id, index) => `d${index}: deleteFile(id: "${id}") { deleted }`);
    await graphql(service.url, `mutation { ${fields.join(' ')} }`);
  }
}
