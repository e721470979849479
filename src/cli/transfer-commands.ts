/** `gridhold put` and `gridhold get` as the command line has them; what they do stands in put.ts and get.ts. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Settings } from '../config/settings.ts';
import { parseContentType } from '../domain/content-type/media-type.ts';
import type { AttachToInput, JsonObject, Visibility } from '../domain/model.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { parseAttachTo } from '../http/receiving/attach-to.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Printing } from './printing.ts';

export interface Wiring {
  readonly settings: () => Settings;
  readonly printing: Printing;
  readonly finish: (code: ExitCode) => void;
}

interface PutOptions {
  readonly filename?: string;
  readonly contentType?: string;
  readonly visibility?: Visibility;
  readonly owner?: string;
  readonly keep?: boolean;
  readonly metadata?: JsonObject;
  readonly attachTo?: AttachToInput;
  readonly idempotencyKey?: string;
  readonly json?: boolean;
}

export function addPutCommand(gridhold: Command, { settings, printing, finish }: Wiring): void {
  gridhold
    .command('put')
    .description('store files, and print the ID of each; exits 1 where one could not be read or was refused')
    .argument('<file...>', 'paths; - is stdin')
    .option('--filename <name>', 'the name that one file is stored under, instead of its own')
    .option(
      '--content-type <type>',
      "instead of the type by the name's ending; the bytes win over both",
      contentTypeArgument,
    )
    .option('--visibility <visibility>', 'public or private, instead of the setting', visibilityArgument)
    .option('--owner <owner>', 'whose it is')
    .option('--keep', 'never collect it')
    .option('--metadata <json>', 'an object in JSON', metadataArgument)
    .option(
      '--attach-to <holder>',
      'collection/documentId[/field] that comes to hold it; a / in a part is %2F',
      attachToArgument,
    )
    .option('--idempotency-key <key>', 'for one file: the same key with the same bytes stores it once')
    .option('--json', 'a line of JSON for each file')
    .action(async (paths: string[], options: PutOptions, command: Command) => {
      if (paths.filter((path) => path === '-').length > 1) command.error('error: -: stdin can be read once');
      for (const [option, value] of [
        ['--filename', options.filename],
        ['--idempotency-key', options.idempotencyKey],
      ])
        if (value !== undefined && paths.length > 1) command.error(`error: ${option}: is for one file`);
      const { runPut } = await import('./put.ts');
      const { json = false, contentType = null, ...input } = options;
      finish(await runPut(settings(), { paths, input, contentType, json }, printing));
    });
}

interface GetOptions {
  readonly output?: string;
  readonly continue?: boolean;
  readonly json?: boolean;
}

export function addGetCommand(gridhold: Command, { settings, printing, finish }: Wiring): void {
  gridhold
    .command('get')
    .description('read a file, and check its bytes; exits 1 where there is none, or its bytes are damaged')
    .argument('<id>', 'its storage ID')
    .option(
      '-o, --output <file>',
      'where to write it, under another name until it is whole; - is stdout',
      outputArgument,
    )
    .option('--continue', 'go on where an earlier get to this file broke off')
    .option('--json', 'with -o: a line of JSON about the file')
    .action(async (id: string, options: GetOptions, command: Command) => {
      const { output = null, continue: isContinued = false, json = false } = options;
      if ((output === null || output === '-') && (json || isContinued)) {
        const option = json ? '--json' : '--continue';
        command.error(`error: ${option}: needs -o FILE, since stdout takes the bytes`);
      }
      const { runGet } = await import('./get.ts');
      finish(await runGet(settings(), { id, output, isContinued, json }, printing));
    });
}

function outputArgument(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('must be the name of a file, or -.');
}

function contentTypeArgument(text: string): string {
  if (parseContentType(text) !== null) return text;
  throw new InvalidArgumentError('must be a type such as image/png.');
}

function visibilityArgument(text: string): Visibility {
  const visibility = text.toUpperCase();
  if (visibility === 'PUBLIC' || visibility === 'PRIVATE') return visibility;
  throw new InvalidArgumentError('must be public or private.');
}

function metadataArgument(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('must be an object in JSON, such as {"album": 7}.');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One decoding less than in `?attachTo=`: there is no query string around it. */
function attachToArgument(text: string): AttachToInput {
  try {
    return parseAttachTo(text);
  } catch (error) {
    throw error instanceof GridholdError ? new InvalidArgumentError(`${error.message}.`) : error;
  }
}
