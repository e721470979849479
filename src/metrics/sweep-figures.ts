import { Counter, Gauge, type Registry } from 'prom-client';
import type { SweepObserver } from '../domain/context.ts';

/** The passes of this process. Other instances, and the command, sweep the same store. */
export function sweepFigures(registry: Registry): SweepObserver {
  const registers = [registry];
  const passes = new Counter({
    name: 'gridhold_sweeps_total',
    help: 'Passes of the sweep, by outcome (done, failed)',
    labelNames: ['outcome'],
    registers,
  });
  const lastRun = new Gauge({
    name: 'gridhold_sweep_last_run_timestamp_seconds',
    help: 'Unix time at which the last pass was done; 0 before the first',
    registers,
  });
  const lastDuration = new Gauge({
    name: 'gridhold_sweep_last_duration_seconds',
    help: 'How long the last pass took that was done',
    registers,
  });
  const collected = new Counter({
    name: 'gridhold_sweep_collected_total',
    help: 'What passes have collected, by kind (file, lease: a step of one, upload_url)',
    labelNames: ['kind'],
    registers,
  });
  const collectedBytes = new Counter({
    name: 'gridhold_sweep_collected_files_bytes_total',
    help: 'Sizes of the files that passes have collected; their chunks go later, and only if no other file has the same bytes',
    registers,
  });
  const skipped = new Counter({
    name: 'gridhold_sweep_skipped_total',
    help: 'What was due and in the way of somebody else; the next pass looks again',
    registers,
  });
  for (const outcome of ['done', 'failed']) passes.inc({ outcome }, 0);
  for (const kind of ['file', 'lease', 'upload_url']) collected.inc({ kind }, 0);
  return {
    swept(tally, durationMs) {
      passes.inc({ outcome: tally ? 'done' : 'failed' });
      if (!tally) return;
      lastRun.setToCurrentTime();
      lastDuration.set(durationMs / 1000);
      collected.inc({ kind: 'file' }, tally.files);
      collected.inc({ kind: 'lease' }, tally.leases);
      collected.inc({ kind: 'upload_url' }, tally.uploadUrls);
      collectedBytes.inc(tally.bytes);
      skipped.inc(tally.skipped);
    },
  };
}
