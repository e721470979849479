#!/usr/bin/env node
/** The `gridhold` command: its arguments and exit codes. What a subcommand does stands in the file of its name. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { loadEnvironment } from '../config/load-environment.ts';
import { parseSettings } from '../config/parse-settings.ts';
import { SettingsError } from '../config/settings-error.ts';
import { durationExamples, parseDuration } from '../config/units.ts';
import { packageVersion } from '../config/version.ts';
import { EmbeddedMongodError } from '../storage/embedded/embedded-mongod.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { addGetCommand, addPutCommand, type Wiring } from './transfer-commands.ts';
import { addVerifyCommand } from './verify-command.ts';

const printOut = (line: string): void => void process.stdout.write(`${line}\n`);
const printError = (line: string): void => void process.stderr.write(`${line}\n`);

function durationArgument(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === null)
    throw new InvalidArgumentError(`must be a duration such as 0s, ${durationExamples}`);
  return milliseconds;
}

interface SweepOptions {
  readonly dryRun?: boolean;
  readonly unreferencedFor?: number;
  readonly chunkDelay?: number;
  readonly json?: boolean;
}

function program(finish: (code: ExitCode) => void): Command {
  const wiring: Wiring = {
    settings: () => parseSettings(loadEnvironment()),
    printing: { print: printOut, progress: printError },
    finish,
  };
  const gridhold = new Command('gridhold')
    .description(
      'A file service for GraphQL apps. Settings come from the environment and a .env file (README).',
    )
    .version(packageVersion())
    .addHelpText(
      'after',
      '\nExit codes: 0 fine, 1 found something, 2 wrong usage, 3 could not run.\n' +
        'Beside a running server with the embedded MongoDB, every command joins it.',
    )
    .exitOverride();
  gridhold
    .command('serve')
    .description('run the service (default)')
    .action(async () => {
      const { serve } = await import('./serve.ts');
      finish(await serve(parseSettings(loadEnvironment()), printOut));
    });
  gridhold
    .command('sweep')
    .description('collect what nothing holds, until nothing is due')
    .option('--dry-run', 'list what is due, change nothing; exits 1 where anything is')
    .option(
      '--unreferenced-for <duration>',
      'how long a file must be unreferenced (0s, 7d), instead of the setting',
      durationArgument,
    )
    .option(
      '--chunk-delay <duration>',
      'take the chunks of blobs that ended this long ago (0s: all of them), even before their time',
      durationArgument,
    )
    .option('--json', 'a line of JSON for each file, and one at the end that counts')
    .action(async (options: SweepOptions) => {
      const { runSweep } = await import('./sweep.ts');
      const sweepArguments = {
        dryRun: options.dryRun ?? false,
        unreferencedTtlMs: options.unreferencedFor,
        chunkDelayMs: options.chunkDelay,
        json: options.json ?? false,
      };
      finish(await runSweep(parseSettings(loadEnvironment()), sweepArguments, printOut, printError));
    });
  addVerifyCommand(gridhold, wiring);
  addPutCommand(gridhold, wiring);
  addGetCommand(gridhold, wiring);
  addKeyCommands(gridhold, wiring);
  gridhold
    .command('schema')
    .description('print the GraphQL schema')
    .action(async () => {
      const { printGridholdSchema } = await import('../graphql/print-schema.ts');
      process.stdout.write(printGridholdSchema());
      finish(exitCodes.fine);
    });
  gridhold
    .command('version')
    .description('print the version')
    .option('--json', 'with that of Node, as a line of JSON')
    .action(({ json }: { json?: boolean }) => {
      const version = packageVersion();
      printOut(json ? JSON.stringify({ version, node: process.versions.node }) : version);
      finish(exitCodes.fine);
    });
  for (const command of gridhold.commands.flatMap((one) => [one, ...one.commands])) {
    command.exitOverride().allowExcessArguments(false);
  }
  return gridhold;
}

function addKeyCommands(gridhold: Command, { settings, printing, finish }: Wiring): void {
  const key = gridhold.command('key').description('make, list and revoke the keys of apps and admins');
  key
    .command('create')
    .description('make a key, and print it this once')
    .addOption(
      new Option('--role <role>', 'app: acts for any user; admin: everything')
        .choices(['app', 'admin'])
        .makeOptionMandatory(),
    )
    .requiredOption('--name <name>', 'what it is for, for people')
    .option('--json', 'a line of JSON; the key is its secret')
    .action(async ({ json = false, ...input }: { role: string; name: string; json?: boolean }) => {
      const { createKey } = await import('./key.ts');
      finish(await createKey(settings(), { ...input, json }, printing));
    });
  key
    .command('list')
    .description('list the keys, revoked ones too, without their secrets')
    .option('--json', 'a line of JSON for each')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listKeys } = await import('./key.ts');
      finish(await listKeys(settings(), { json }, printing));
    });
  key
    .command('revoke')
    .description('end a key, from the next request on; exits 1 where there is none')
    .argument('<id>', 'the ID of the key, as listed, or the whole key')
    .option('--json', 'a line of JSON about the key')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const { revokeKeyById } = await import('./key.ts');
      finish(await revokeKeyById(settings(), { id, json }, printing));
    });
}

async function explain(error: unknown): Promise<ExitCode> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.wrongUsage;
  if (error instanceof SettingsError) {
    printError(error.message);
    return exitCodes.wrongUsage;
  }
  // Only now: --help does not wait until all of it is loaded.
  const { StoreRefusedError } = await import('../gridhold.ts');
  const isForPeople = error instanceof StoreRefusedError || error instanceof EmbeddedMongodError;
  printError(error instanceof Error && (isForPeople || !error.stack) ? error.message : describeFault(error));
  return exitCodes.couldNotRun;
}

function describeFault(error: unknown): string {
  return error instanceof Error
    ? `gridhold could not run: ${error.message}`
    : `gridhold could not run: ${String(error)}`;
}

let exitCode: ExitCode = exitCodes.fine;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read our output and went has what it wanted (`| head`).
  if (error.code === 'EPIPE') return;
  printError(`stdout: can't be written: ${error.message}`);
  process.exit(exitCodes.couldNotRun);
});
// What people read beside the results: without it, these are as good.
process.stderr.on('error', () => undefined);
try {
  const isBare = process.argv.length === 2;
  await program((code) => {
    exitCode = code;
    // No default of commander's: it would be given every unknown command as its argument, and name none.
  }).parseAsync(isBare ? [...process.argv, 'serve'] : process.argv);
} catch (error) {
  exitCode = await explain(error);
}
// Set, not called: what was printed is to be written first.
process.exitCode = exitCode;
