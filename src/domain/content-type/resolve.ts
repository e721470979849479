/** The one rule that makes a stored content type out of what was declared and what the bytes show. */
import { containerHolds } from './containers.ts';
import { contentTypeEssence, parseContentType } from './media-type.ts';

const unknownType = 'application/octet-stream';

/** Types that only say that the sender doesn't know, or wants a download. They claim nothing about the bytes. */
const claimsNothing: ReadonlySet<string> = new Set([
  unknownType,
  'binary/octet-stream',
  'application/unknown',
  'unknown/unknown',
  'application/binary',
  'application/x-binary',
  'application/download',
  'application/x-download',
  'application/force-download',
  'application/x-force-download',
]);

/**
 * The declared type, unless the bytes show another by their signature. A declared type that the detected container can
 * hold is not another: it says more (`audio/webm`, a `.docx`), or the same less exactly (`text/xml` for an SVG).
 * @param declared as sent or as parsed; null is silence
 * @param detected what `detectContentType` made of the first bytes
 */
export function resolveContentType(input: {
  readonly declared: string | null;
  readonly detected: string | null;
}): string {
  const declared = parseContentType(input.declared);
  const { detected } = input;
  if (declared === null) return detected ?? unknownType;
  if (detected === null) return declared;
  const essence = contentTypeEssence(declared);
  if (essence === detected) return declared;
  return !claimsNothing.has(essence) && containerHolds(detected, essence) ? declared : detected;
}
