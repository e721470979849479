/**
 * What only MongoDB knows, asked for when somebody wants it. What is not known has no sample: a zero would be a lie, and
 * whatever is away, the other figures come.
 */
import { Gauge, type Registry } from 'prom-client';
import type { ReadStoreState } from '../domain/store-state.ts';

/** @returns what brings them up to date. Never rejects */
export function storeFigures(registry: Registry, readState: ReadStoreState): () => Promise<void> {
  const registers = [registry];
  const up = new Gauge({
    name: 'gridhold_mongodb_up',
    help: '1 where MongoDB answered in the last seconds, else 0, and then the next three have no value',
    registers,
  });
  const leases = new Gauge({
    name: 'gridhold_leases',
    help: 'Leases of the store by kind (writing: uploads of all instances; abandoned, remembered, deleted: wait for a sweep); 10000 means so many or more',
    labelNames: ['kind'],
    registers,
  });
  const due = new Gauge({
    name: 'gridhold_files_due',
    help: 'Files that the next sweeps collect; 10000 means so many or more',
    registers,
  });
  const free = new Gauge({
    name: 'gridhold_storage_free_bytes',
    help: "Bytes that MongoDB's disk has free, and its chunks' file inside; no value where MongoDB does not tell",
    registers,
  });
  return async () => {
    const state = await readState();
    up.set(state === null ? 0 : 1);
    leases.reset();
    for (const [kind, count] of state?.leases ?? []) leases.set({ kind }, count);
    setOrRemove(due, state?.dueFiles);
    setOrRemove(free, state?.freeBytes);
  };
}

function setOrRemove(gauge: Gauge, value: number | null | undefined): void {
  if (value == null) gauge.remove();
  else gauge.set(value);
}
