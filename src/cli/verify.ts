/**
 * `gridhold verify`: findings as they come, on stdout; on stderr a progress bar, what could not be decided, and, where it
 * is stopped or MongoDB is lost, the command that goes on.
 */
import type { Settings } from '../config/settings.ts';
import type { Finding, VerifyProgress } from '../domain/verify/contract.ts';
import { parsePosition } from '../domain/verify/position.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { Printing } from './printing.ts';
import { createProgressBar } from './progress-bar.ts';
import { stopSignal } from './stop-signal.ts';
import { withGridhold } from './with-gridhold.ts';

export interface VerifyArguments {
  readonly deep: boolean;
  readonly repair: boolean;
  readonly json: boolean;
  readonly resume?: string;
}

interface Tally {
  found: number;
  repaired: number;
  undecided: number;
  last: VerifyProgress | null;
}

export async function runVerify(
  settings: Settings,
  options: VerifyArguments,
  { print, progress }: Printing,
): Promise<ExitCode> {
  if (!isPosition(options.resume, progress)) return exitCodes.wrongUsage;
  const tally: Tally = { found: 0, repaired: 0, undecided: 0, last: null };
  const { signal: stopping } = stopSignal({
    onFirst: () => progress('Stopping at the end of this page; once more stops at once.'),
    onSecond: () => progress(howToGoOn(options, tally)),
  });
  const bar = createProgressBar('verify, records', String);
  const opening = { onProgress: progress, signal: stopping, mayCreate: false };
  try {
    return await withGridhold(settings, opening, async ({ gridhold }) => {
      const findings = gridhold.verify({
        ...options,
        signal: stopping,
        onProgress(at) {
          tally.last = at;
          bar.set(at.done, at.total);
        },
        onUndecided({ rule, id, reason }) {
          tally.undecided += 1;
          bar.above(() => progress(`undecided: rule ${rule}, ${printable(id)}: ${reason}`));
        },
      });
      for await (const finding of findings) {
        tally.found += 1;
        if (finding.repaired) tally.repaired += 1;
        bar.above(() => print(options.json ? JSON.stringify(finding) : lineOf(finding)));
      }
      bar.end();
      (options.json ? progress : print)(summaryOf(options, tally));
      return exitCodeOf(tally);
    });
  } catch (error) {
    bar.end();
    if (tally.last === null) throw error;
    progress(error === stopping.reason ? 'Stopped.' : `Stopped: ${reasonOf(error)}`);
    progress(howToGoOn(options, tally));
    return exitCodes.couldNotRun;
  } finally {
    bar.end();
  }
}

function isPosition(resume: string | undefined, progress: (line: string) => void): boolean {
  try {
    if (resume !== undefined) parsePosition(resume);
    return true;
  } catch (error) {
    if (!(error instanceof GridholdError)) throw error;
    progress(`--${error.message}`);
    return false;
  }
}

function lineOf({ rule, id, detail, fixable, repaired, repair }: Finding): string {
  const what = `rule ${rule}  ${id}  ${detail}`;
  if (repaired === undefined) return printable(fixable ? `${what}  (--repair mends it)` : what);
  return printable(`${what}  ${repaired ? 'repaired' : 'NOT repaired'}: ${repair}`);
}

/** What records hold must not steer a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

function summaryOf(options: VerifyArguments, { found, repaired, undecided, last }: Tally): string {
  const { files = 0, attachments = 0, blobs = 0, chunks = 0 } = last?.looked ?? {};
  const looked = `Looked at ${files} files, ${attachments} attachments, ${blobs} blobs and ${chunks} chunks`;
  const since = options.resume === undefined ? '' : ' since the position';
  const counted = `${found} found${options.repair ? `, ${repaired} repaired` : ''}`;
  return `${looked}${since}: ${counted}${undecided > 0 ? `, ${undecided} undecided` : ''}.`;
}

/** That something could not be decided says more than what was found: the answer is not whole. */
function exitCodeOf({ found, repaired, undecided }: Tally): ExitCode {
  if (undecided > 0) return exitCodes.couldNotRun;
  return found > repaired ? exitCodes.foundSomething : exitCodes.fine;
}

function howToGoOn({ deep, repair, json, resume }: VerifyArguments, { last }: Tally): string {
  const flags = [deep && '--deep', repair && '--repair', json && '--json'].filter(Boolean);
  // Before it has begun, it is where it was told to begin.
  const position = last ? last.position : resume;
  return `To go on: ${['gridhold verify', ...flags, ...(position ? ['--resume', position] : [])].join(' ')}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
