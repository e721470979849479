/**
 * Clients' JSON, looked over before it is parsed: how deep it is, and how many values it has. What reads, checks and
 * writes it, here and in libraries, goes down by recursion, or makes an error for each value. How many bytes there may
 * be is the caller's.
 */
import { badInput } from '../errors/gridhold-error.ts';

export const jsonLimits = {
  /** Metadata may have half of it. */
  nesting: 100,
  /** Metadata of 16 KiB has 8,192 at most, and no list of IDs more than 100. */
  values: 20_000,
};

/** @throws BAD_USER_INPUT, beginning with `name` */
export function parseBoundedJson(text: string, name: string): unknown {
  const problem = jsonProblem(text);
  if (problem) throw badInput(`${name}: ${problem}`);
  try {
    return JSON.parse(text);
  } catch {
    throw badInput(`${name}: is not JSON`);
  }
}

/** What is too much; null also where it is no JSON at all. */
export function jsonProblem(text: string): string | null {
  let [open, values] = [0, 0];
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') index = endOfString(text, index);
    else if (character === ',') values += 1;
    else if (character === ']' || character === '}') open -= 1;
    else if (character === '[' || character === '{') {
      open += 1;
      values += 1;
    }
    if (open > jsonLimits.nesting) return `must not be nested deeper than ${jsonLimits.nesting}`;
    if (values > jsonLimits.values) return `must not hold more than ${jsonLimits.values} values`;
  }
  return null;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

/** An odd number of backslashes stands before it. */
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text[first - 1] === '\\') first -= 1;
  return (index - first) % 2 === 1;
}
