/** Where a token for `/metrics` means something, whichever way the settings came. */
import type { Settings } from './settings.ts';
import type { SettingsProblem } from './settings-error.ts';

/** With `none`, metrics are open to whoever reaches us: a token would promise what is not kept. */
export function metricsTokenProblems(
  token: string | null | undefined,
  auth: Settings['auth'],
  keys: Readonly<Record<'auth' | 'metricsToken', string>>,
): SettingsProblem[] {
  if (token == null || auth !== 'none') return [];
  return [{ key: keys.metricsToken, message: `it is given, but ${keys.auth} is none: all is open then` }];
}
