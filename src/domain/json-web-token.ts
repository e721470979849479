/**
 * Users by their JSON Web Tokens (RFC 7519), checked as RFC 8725 advises: the algorithm is the settings', never the
 * token's; issuer, audience, expiry and subject must all be there.
 */
import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { JwtSettings } from '../config/settings.ts';
import { SettingsError } from '../config/settings-error.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { unauthenticated } from './access.ts';
import { userCaller } from './callers.ts';
import type { Caller } from './model.ts';
import { createRemoteKeySet, isKeySetFailure, type KeyFetching, usualFetching } from './remote-key-set.ts';

/** @throws UNAUTHENTICATED saying what is wrong with it, FETCH_FAILED where its keys can't be had */
export type TokenVerifier = (token: string) => Promise<Caller>;

const mostSubjectCharacters = 200;
const mostTokenCharacters = 8_192;

/** @throws SettingsError where a file of keys can't be read */
export async function createTokenVerifier(
  settings: JwtSettings,
  fetching: KeyFetching = usualFetching,
): Promise<TokenVerifier> {
  const key = await keyOf(settings, fetching);
  const options = {
    issuer: settings.issuer,
    audience: settings.audience,
    algorithms: [...settings.algorithms],
    clockTolerance: settings.leewayMs / 1_000,
    requiredClaims: ['exp', 'sub'],
  };
  return async (token) => {
    if (token.length > mostTokenCharacters) throw unauthenticated('The token is too long');
    try {
      // Two forms of one call: a secret, or what finds a key by the token's header.
      const { payload } = await (typeof key === 'function'
        ? jwtVerify(token, key, options)
        : jwtVerify(token, key, options));
      return userCaller(checkSubject(payload.sub));
    } catch (error) {
      throw explain(error);
    }
  };
}

async function keyOf(
  { secret, jwks }: JwtSettings,
  fetching: KeyFetching,
): Promise<Uint8Array | JWTVerifyGetKey> {
  if (secret !== null) return new TextEncoder().encode(secret);
  const place = jwks ?? '';
  if (/^https?:/i.test(place)) return createRemoteKeySet(new URL(place), fetching);
  try {
    // Its form is checked by what takes it.
    return createLocalJWKSet(JSON.parse(await readFile(place, 'utf8')) as JSONWebKeySet);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new SettingsError([
      { key: 'GRIDHOLD_JWT_JWKS', message: `it is no key set that can be read: ${reason}` },
    ]);
  }
}

/** It becomes the owner of files. */
function checkSubject(subject: unknown): string {
  if (typeof subject === 'string' && subject.isWellFormed()) {
    const characters = [...subject].length;
    if (characters >= 1 && characters <= mostSubjectCharacters) return subject;
  }
  throw unauthenticated(`The token's sub must be 1 to ${mostSubjectCharacters} characters`);
}

function explain(error: unknown): unknown {
  if (error instanceof GridholdError) return error;
  if (error instanceof errors.JWTExpired) return unauthenticated('The token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return unauthenticated(`The token is not valid here: its ${error.claim} ${claimTrouble(error.reason)}`);
  }
  // A key set that can't be fetched is the third party's failure, not the caller's.
  if (isKeySetFailure(error)) {
    return new GridholdError(
      'FETCH_FAILED',
      'The keys that tokens are checked with can not be fetched',
      { retryAfter: 5 },
      { cause: error },
    );
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return unauthenticated("The token's signature does not verify");
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) {
    return unauthenticated('The credentials are neither a key nor a JSON Web Token');
  }
  return error instanceof errors.JOSEError ? unauthenticated('The token is not valid here') : error;
}

function claimTrouble(reason: string): string {
  return reason === 'missing' ? 'is missing' : 'is not what it should be';
}
