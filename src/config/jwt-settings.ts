/** What must be given for JSON Web Tokens to be checked, whichever way the settings came. */
import { isLoopbackHost } from './loopback.ts';
import type { JwtSettings, Settings } from './settings.ts';
import type { SettingsProblem } from './settings-error.ts';

export type JwtGiven = { readonly [Name in keyof JwtSettings]?: JwtSettings[Name] | undefined };

/** Without an issuer and an audience, a token made for another service would count here: RFC 8725, section 3.8 and 3.9. */
export function jwtProblems(
  given: JwtGiven,
  auth: Settings['auth'],
  keys: Readonly<Record<'auth' | 'secret' | 'jwks' | 'issuer' | 'audience' | 'algorithms', string>>,
): SettingsProblem[] {
  if (auth === 'none' || !auth.includes('jwt')) {
    // Forgotten, it would leave everybody admin.
    return (['secret', 'jwks', 'issuer', 'audience', 'algorithms'] as const)
      .filter((name) => given[name] != null)
      .map((name) => ({ key: keys[name], message: `it is given, but ${keys.auth} does not name jwt` }));
  }
  const problems: SettingsProblem[] = [];
  if ((given.secret == null) === (given.jwks == null)) {
    problems.push({
      key: keys.secret,
      message: `with jwt, either ${keys.secret} or ${keys.jwks} must be given`,
    });
  }
  if (given.jwks != null && isOpenToForgery(given.jwks)) {
    problems.push({
      key: keys.jwks,
      message: 'it must be https: whoever changes the keys on their way is any user',
    });
  }
  for (const name of ['issuer', 'audience'] as const) {
    if (given[name] == null) problems.push({ key: keys[name], message: 'with jwt, it must be given' });
  }
  const isSymmetric = (algorithm: string): boolean => algorithm.startsWith('HS');
  // A public key that is taken for a secret would let anybody sign: RFC 8725, section 2.1.
  const misfit = (given.algorithms ?? []).find(
    (algorithm) => isSymmetric(algorithm) !== (given.secret != null),
  );
  if (misfit !== undefined) {
    const fitting =
      given.secret == null
        ? 'those of a key set are RS256, ES256 and their like'
        : 'a secret goes with HS256 and its like';
    problems.push({ key: keys.algorithms, message: `${misfit} does not fit: ${fitting}` });
  }
  return problems;
}

function isOpenToForgery(jwks: string): boolean {
  return /^http:/i.test(jwks) && !(URL.canParse(jwks) && isLoopbackHost(new URL(jwks).hostname));
}

/** After `jwtProblems` has found none. */
export function jwtSettings(given: JwtGiven, auth: Settings['auth']): JwtSettings | null {
  if (auth === 'none' || !auth.includes('jwt')) return null;
  const { secret = null, jwks = null, issuer = '', audience = '', leewayMs = 30_000 } = given;
  const algorithms = given.algorithms ?? [secret === null ? 'RS256' : 'HS256'];
  return { secret, jwks, issuer, audience, algorithms, leewayMs };
}
