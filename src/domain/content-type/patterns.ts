/** What may be stored, as patterns: `image/png`, all of a kind by `image/*`, anything by an asterisk on both sides. */

import { covers } from '../../config/content-type-patterns.ts';
import { badInput } from '../../errors/gridhold-error.ts';
import { contentTypeEssence } from './media-type.ts';

/** Patterns are kept with an upload URL and compared one by one: a list has an end. */
const maximumPatterns = 100;
const maximumPatternCharacters = 255;
/** Tokens of RFC 9110, section 5.6.2, without the asterisk, which stands for itself alone. */
const patternSyntax = /^(?:\*\/\*|[!#$%&'+\-.^_`|~\w]+\/(?:\*|[!#$%&'+\-.^_`|~\w]+))$/;

/**
 * Lower case, each once, in the order given.
 * @param argument what to call the list in an error
 * @throws BAD_USER_INPUT naming the pattern
 */
export function parseContentTypePatterns(
  patterns: readonly string[],
  argument = 'contentTypes',
): readonly string[] {
  if (patterns.length > maximumPatterns) {
    throw badInput(`${argument} may name at most ${maximumPatterns} types, not ${patterns.length}.`);
  }
  const parsed = patterns.map((pattern) => {
    const trimmed = pattern.trim();
    if (trimmed.length > maximumPatternCharacters || !patternSyntax.test(trimmed)) {
      const shown = JSON.stringify(trimmed.slice(0, maximumPatternCharacters));
      throw badInput(
        `${argument}: ${shown} is neither a type such as image/png nor a pattern such as image/*.`,
      );
    }
    return trimmed.toLowerCase();
  });
  return [...new Set(parsed)];
}

/** Whether a type may be stored; no patterns at all allow every type. */
export function contentTypeAllowed(type: string, patterns: readonly string[]): boolean {
  const essence = contentTypeEssence(type);
  return patterns.length === 0 || patterns.some((pattern) => covers(pattern, essence));
}

/**
 * What both lists allow, as the narrower pattern of each pair. An empty list allows everything, so an intersection of
 * nothing must not be returned.
 * @throws BAD_USER_INPUT where a pattern is malformed or nothing would be left
 */
export function narrowContentTypes(settings: readonly string[], asked: readonly string[]): readonly string[] {
  const wanted = parseContentTypePatterns(asked);
  if (wanted.length === 0) return settings;
  if (settings.length === 0) return wanted;
  const both = wanted.flatMap((pattern) =>
    settings.flatMap((allowed) => {
      if (covers(allowed, pattern)) return [pattern];
      return covers(pattern, allowed) ? [allowed] : [];
    }),
  );
  if (both.length === 0) {
    throw badInput(
      `contentTypes: none of ${wanted.join(', ')} may be stored here, only ${settings.join(', ')}.`,
    );
  }
  return [...new Set(both)];
}
