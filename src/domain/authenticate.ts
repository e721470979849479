/** From an `Authorization` header to a caller, by whichever methods the settings name. */
import type { AuthMethod, Settings } from '../config/settings.ts';
import type { Store } from '../storage/store.ts';
import { unauthenticated } from './access.ts';
import { callerByKey, looksLikeKey } from './api-keys.ts';
import { admin, anonymous } from './callers.ts';
import { createTokenVerifier } from './json-web-token.ts';
import type { Caller } from './model.ts';

/**
 * Without credentials, anonymous. Invalid credentials are refused, even where none were needed: who sends
 * them means to be somebody (RFC 6750, section 3.1).
 * @throws UNAUTHENTICATED
 */
export type Authenticate = (authorization: string | null) => Promise<Caller>;

/** @throws SettingsError where what tokens are checked with can't be read */
export async function createAuthenticate(
  store: Store,
  settings: Pick<Settings, 'auth' | 'jwt'>,
): Promise<Authenticate> {
  const { auth, jwt } = settings;
  if (auth === 'none') return async () => admin;
  const verifyToken = jwt && (await createTokenVerifier(jwt));
  const takes = (method: AuthMethod): boolean => auth.includes(method);
  return async (authorization) => {
    const credentials = bearerCredentials(authorization);
    if (credentials === null) return anonymous;
    if (looksLikeKey(credentials)) {
      const caller = takes('keys') ? await callerByKey(store, credentials) : null;
      if (!caller) throw unauthenticated('The key is not valid: it is unknown or revoked');
      return caller;
    }
    if (verifyToken) return await verifyToken(credentials);
    throw unauthenticated('The credentials are no key of this server');
  };
}

/** RFC 6750, section 2.1. Other schemes are somebody else's, such as a proxy's in front of us. */
function bearerCredentials(authorization: string | null): string | null {
  const [scheme = '', ...credentials] = (authorization ?? '').trim().split(/ +/);
  if (scheme.toLowerCase() !== 'bearer') return null;
  const [token = ''] = credentials;
  if (credentials.length === 1 && /^[\w.~+/-]+=*$/.test(token)) return token;
  throw unauthenticated('The Authorization header holds no bearer token');
}
