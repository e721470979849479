/**
 * Looks at the head of a multipart request before graphql-upload-minimal does. That library writes wherever the client's
 * `map` points: `hasOwnProperty.call` breaks that function for the whole process, and `variables.file.resolve` makes it
 * throw where nobody catches. So the same parser reads the first two parts here, and only a map that points to
 * variables passes. The bytes are then put back, and the library reads them as if nothing had happened.
 */
import busboy from 'busboy';
import { badInput, GridholdError } from '../../errors/gridhold-error.ts';
import { jsonProblem } from '../bounded-json.ts';
import type { ClientBody } from './client-body.ts';

export const headLimits = {
  /** Of `operations` and of `map`, each. */
  fieldBytes: 1_000_000,
  /** Of all that may stand around them and the files. */
  framingBytes: 100_000,
};

/** Only arguments are of type Upload, so a file stands in a variable of its own; the number is of a batch. */
const variablePath = /^(?:\d{1,4}\.)?variables\.[_A-Za-z][_0-9A-Za-z]*$/;

const specification = 'https://github.com/jaydenseric/graphql-multipart-request-spec';

/** @returns how many files are announced. @throws BAD_USER_INPUT, REQUEST_TOO_LARGE, or what ended the body */
export async function checkMap(body: ClientBody): Promise<number> {
  const parser = openParser(body);
  const held: Uint8Array[] = [];
  return await new Promise<number>((resolve, reject) => {
    let verdict: (() => void) | null = null;
    const decide = (announced: number | Error): void => {
      verdict ??= typeof announced === 'number' ? () => resolve(announced) : () => reject(announced);
    };
    let isFirst = true;
    parser.on('field', (name, value, { valueTruncated }) => {
      const expected = isFirst ? 'operations' : 'map';
      isFirst = false;
      if (name !== expected)
        decide(badInput(`The part "${expected}" must come before "${name}" (${specification})`));
      else if (valueTruncated) decide(tooLarge(name));
      else {
        const problem = jsonProblem(value);
        if (problem) decide(badInput(`The part "${name}": ${problem}`));
        else if (name === 'map') decide(countFiles(value));
      }
    });
    parser.on('file', (name, stream) => {
      stream.on('error', () => undefined).resume();
      decide(
        badInput(`The parts "operations" and "map" must come before the file "${name}" (${specification})`),
      );
    });
    parser.on('error', (error) => decide(malformed(error)));
    const finish = (): void => {
      body.pause().off('data', onData).off('end', onEnd).off('close', onClose);
      if (held.length > 0 && !body.readableEnded && !body.destroyed) body.unshift(Buffer.concat(held));
      parser.on('error', () => undefined).destroy();
      verdict?.();
    };
    const onData = (chunk: Uint8Array): void => {
      held.push(chunk);
      parser.write(chunk);
      if (verdict) finish();
    };
    const onEnd = (): void => {
      decide(badInput(`The parts "operations" and "map" are missing (${specification})`));
      finish();
    };
    const onClose = (): void => {
      decide(
        body.errored ?? new GridholdError('LENGTH_MISMATCH', 'The connection ended before the request did'),
      );
      finish();
    };
    body.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

function openParser(body: ClientBody): busboy.Busboy {
  try {
    return busboy({
      headers: body.headers,
      defParamCharset: 'utf8',
      limits: { fieldSize: headLimits.fieldBytes, fields: 2 },
    });
  } catch (error) {
    throw malformed(error);
  }
}

function countFiles(map: string): number | Error {
  let entries: unknown;
  try {
    entries = JSON.parse(map);
  } catch {
    return badInput('The part "map" is not JSON');
  }
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
    return badInput('The part "map" must be a JSON object');
  }
  const seen = new Set<string>();
  for (const [file, paths] of Object.entries(entries)) {
    if (!Array.isArray(paths) || paths.length === 0)
      return badInput(`map["${file}"] must name at least one variable`);
    for (const path of paths) {
      if (typeof path !== 'string' || !variablePath.test(path)) {
        return badInput(`map["${file}"] must name variables, such as "variables.file"`);
      }
      if (seen.has(path)) return badInput(`map: two files go to "${path}"`);
      seen.add(path);
    }
  }
  return Object.keys(entries).length;
}

function tooLarge(part: string): GridholdError {
  return new GridholdError(
    'REQUEST_TOO_LARGE',
    `The part "${part}" is larger than ${headLimits.fieldBytes} bytes`,
    {
      maxSize: headLimits.fieldBytes,
    },
  );
}

function malformed(error: unknown): Error {
  return badInput(`The multipart body is malformed: ${error instanceof Error ? error.message : 'unknown'}`);
}
