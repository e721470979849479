/** `gridhold sweep`: passes until nothing is due that can be had. */
import type { Settings } from '../config/settings.ts';
import type { SweepReport } from '../domain/sweep-contract.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { serviceLogger } from './service-logger.ts';
import { withGridhold } from './with-gridhold.ts';

export interface SweepArguments {
  readonly dryRun: boolean;
  /** Milliseconds; undefined: the settings'. */
  readonly unreferencedTtlMs: number | 'never' | undefined;
  readonly chunkDelayMs: number | undefined;
  readonly json: boolean;
}

export async function runSweep(
  settings: Settings,
  { json, ...options }: SweepArguments,
  print: (line: string) => void,
  progress: (line: string) => void,
): Promise<ExitCode> {
  // What is collected stands in the log as it does when the service collects; stdout is for people and scripts.
  const logger = serviceLogger(settings, 2);
  return await withGridhold(
    settings,
    { onProgress: progress, mayCreate: false, logger },
    async ({ gridhold }) => {
      const word = options.dryRun ? 'due' : 'collected';
      const counts = { files: 0, leases: 0, uploadUrls: 0 };
      // Bounded by what is due: each pass but the first and the last removes something, and a dry run is one pass.
      for (;;) {
        const report = await gridhold.sweep(options);
        counts.files += report.files.length;
        counts.leases += report.leases;
        counts.uploadUrls += report.uploadUrls;
        for (const { id, size, unreferencedSince } of report.files) {
          const since = unreferencedSince.toISOString();
          print(
            json
              ? JSON.stringify({ event: word, id, size, unreferencedSince: since })
              : `${word} ${id} ${size} bytes, unreferenced since ${since}`,
          );
        }
        const found = report.files.length + report.leases + report.uploadUrls;
        if ((found > 0 || report.hasBegun) && !options.dryRun) continue;
        const { skipped, more, collectingSince } = report;
        if (json) {
          print(
            JSON.stringify({
              event: 'end',
              dryRun: options.dryRun,
              ...counts,
              skipped,
              more,
              collectingSince,
            }),
          );
        } else for (const line of summary(report, counts, options.dryRun)) print(line);
        return options.dryRun && found > 0 ? exitCodes.foundSomething : exitCodes.fine;
      }
    },
  );
}

/** What people read at the end. */
function summary(
  { collectingSince, more, skipped }: SweepReport,
  { files, leases, uploadUrls }: Readonly<Record<'files' | 'leases' | 'uploadUrls', number>>,
  dryRun: boolean,
): string[] {
  const counted = `${files} files, ${leases} steps of leases, ${uploadUrls} upload URLs`;
  return [
    ...(collectingSince ? [] : ['No file is collected: this store has never seen an attachment.']),
    ...(dryRun && more ? ['More is due than is listed here.'] : []),
    ...(skipped > 0 ? [`${skipped} in somebody's way: the next sweep looks again.`] : []),
    dryRun ? `Due: ${counted}.` : `Swept: ${counted}.`,
  ];
}
