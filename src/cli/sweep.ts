/** `gridhold sweep`: passes until nothing is due that can be had. */
import { librarySettingsOf } from '../config/library-settings.ts';
import type { Settings } from '../config/settings.ts';
import { createGridhold } from '../gridhold.ts';
import { connect } from './connect.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { serviceLogger } from './service-logger.ts';

export interface SweepArguments {
  readonly dryRun: boolean;
  /** Milliseconds; undefined: the settings'. */
  readonly unreferencedTtlMs: number | 'never' | undefined;
  readonly chunkDelayMs: number | undefined;
}

export async function runSweep(
  settings: Settings,
  options: SweepArguments,
  print: (line: string) => void,
  progress: (line: string) => void,
): Promise<ExitCode> {
  const mongo = await connect(settings, { onProgress: progress });
  try {
    const gridhold = await createGridhold({
      ...librarySettingsOf(settings),
      client: mongo.client,
      database: mongo.database,
      sweepIntervalMs: 'off',
      // What is collected stands in the log as it does when the service collects; stdout is for people.
      logger: serviceLogger(settings, 2),
    });
    let files = 0;
    let leases = 0;
    let uploadUrls = 0;
    // Bounded by what is due: each pass but the first and the last removes something, and a dry run is one pass.
    for (;;) {
      const report = await gridhold.sweep(options);
      files += report.files.length;
      leases += report.leases;
      uploadUrls += report.uploadUrls;
      const word = options.dryRun ? 'due' : 'collected';
      for (const { id, size, unreferencedSince } of report.files) {
        print(`${word} ${id} ${size} bytes, unreferenced since ${unreferencedSince.toISOString()}`);
      }
      const found = report.files.length + report.leases + report.uploadUrls;
      if ((found > 0 || report.hasBegun) && !options.dryRun) continue;
      if (!report.collectingSince) {
        print('No file is collected: this store has never seen an attachment.');
      }
      if (options.dryRun && report.more) print('More is due than is listed here.');
      if (report.skipped > 0) print(`${report.skipped} in somebody's way: the next sweep looks again.`);
      const counted = `${files} files, ${leases} steps of leases, ${uploadUrls} upload URLs`;
      print(options.dryRun ? `Due: ${counted}.` : `Swept: ${counted}.`);
      return options.dryRun && found > 0 ? exitCodes.foundSomething : exitCodes.fine;
    }
  } finally {
    await mongo.close();
  }
}
