/** What a command writes, and where: every line is whole, and nothing is coloured. */
import { GridholdError } from '../errors/gridhold-error.ts';

export interface Printing {
  /** Results, which a script reads: stdout. */
  readonly print: (line: string) => void;
  /** What people read beside them: stderr. */
  readonly progress: (line: string) => void;
}

/** An error as a line of JSON has it: our code, the system's (`ENOENT`), or none. */
export function errorForScripts(error: unknown): { readonly code: string | null; readonly message: string } {
  if (!(error instanceof Error)) return { code: null, message: String(error) };
  const code = error instanceof GridholdError || 'code' in error ? error.code : null;
  return { code: typeof code === 'string' ? code : null, message: error.message };
}

/** A path that came from anybody is shown on one line, and moves no cursor. */
export function onOneLine(text: string): string {
  const line = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
  // What JSON leaves as it is: controls from DEL on, which terminals obey too, and what turns the line around.
  return line.replaceAll(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
