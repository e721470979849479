/** Patterns of content types, such as `image/png`, as settings and clients write them. */
import type { SettingsProblem } from './settings-error.ts';

/** Whether all that a type or pattern names is named by another pattern too. */
export function covers(pattern: string, other: string): boolean {
  if (pattern === '*/*' || pattern === other) return true;
  return pattern.endsWith('/*') && other.startsWith(pattern.slice(0, -1));
}

/** Of types that may not be stored at all, users would be told though they named none. */
export function userTypeProblems(
  contentTypes: readonly string[],
  userContentTypes: readonly string[] | null,
  keys: Readonly<Record<'contentTypes' | 'userContentTypes', string>>,
): SettingsProblem[] {
  if (contentTypes.length === 0 || userContentTypes === null || userContentTypes.length === 0) return [];
  const leavesSome = userContentTypes.some((wanted) =>
    contentTypes.some((allowed) => covers(allowed, wanted) || covers(wanted, allowed)),
  );
  if (leavesSome) return [];
  const message = `none of ${userContentTypes.join(', ')} is within ${keys.contentTypes}: users could store nothing`;
  return [{ key: keys.userContentTypes, message }];
}
