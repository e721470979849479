/** A service that asks who calls, by keys and by tokens, and the callers that tests send as. */
import { SignJWT } from 'jose';
import { inject } from 'vitest';
import { runCommand } from './run-command.ts';
import { type GraphqlAnswer, type Service, startService } from './service.ts';

export const issuer = 'https://login.example';
export const audience = 'files';
export const tokenSecret = 'a secret of the tests, of 32 bytes and more';

export const guarding = {
  GRIDHOLD_AUTH: 'keys,jwt',
  GRIDHOLD_JWT_SECRET: tokenSecret,
  GRIDHOLD_JWT_ISSUER: issuer,
  GRIDHOLD_JWT_AUDIENCE: audience,
  GRIDHOLD_JWT_LEEWAY: '0s',
};

/** A token of a user, good for an hour. */
export async function tokenOf(subject: string): Promise<string> {
  return await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(tokenSecret));
}

/** Makes a key by the command, as an operator would. */
export async function newKey(service: Service, role: 'app' | 'admin', name = 'test'): Promise<string> {
  const { code, stdout, stderr } = await runCommand(['key', 'create', '--role', role, '--name', name], {
    MONGODB_URI: inject('mongodbUri'),
    GRIDHOLD_DATABASE: service.database,
  });
  if (code !== 0) throw new Error(`No key was made: ${stderr}`);
  return stdout.trim();
}

/** Sends as one caller. */
export interface Sender {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  graphql<Data = Record<string, unknown>>(query: string, variables?: object): Promise<GraphqlAnswer<Data>>;
}

export function senderOf(service: Service, name: string, credentials: string | null): Sender {
  const headers: Record<string, string> =
    credentials === null ? {} : { authorization: `Bearer ${credentials}` };
  const send = async (path: string, init: RequestInit = {}): Promise<Response> =>
    await fetch(path.startsWith('http') ? path : `${service.url}${path}`, {
      ...init,
      headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
    });
  return {
    name,
    headers,
    fetch: send,
    async graphql(query, variables = {}) {
      const response = await send('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      return await response.json();
    },
  };
}

export interface GuardedService {
  readonly service: Service;
  readonly nobody: Sender;
  readonly ann: Sender;
  readonly bob: Sender;
  readonly app: Sender;
  readonly admin: Sender;
}

export async function startGuardedService(
  settings: Readonly<Record<string, string>> = {},
): Promise<GuardedService> {
  const service = await startService({ ...guarding, ...settings });
  const [appKey, adminKey] = await Promise.all([newKey(service, 'app'), newKey(service, 'admin')]);
  return {
    service,
    nobody: senderOf(service, 'nobody', null),
    ann: senderOf(service, 'ann', await tokenOf('ann')),
    bob: senderOf(service, 'bob', await tokenOf('bob')),
    app: senderOf(service, 'app', appKey),
    admin: senderOf(service, 'admin', adminKey),
  };
}

/** Stores bytes by POST /files as this caller, and gives the storage ID. */
export async function stored(sender: Sender, bytes: string | Uint8Array, query = ''): Promise<string> {
  const response = await sender.fetch(`/files${query}`, {
    method: 'POST',
    body: typeof bytes === 'string' ? bytes : Buffer.from(bytes),
    headers: { 'content-type': 'text/plain' },
  });
  const { id }: { id: string } = await response.json();
  if (!response.ok) throw new Error(`Not stored: ${response.status}`);
  return id;
}

/** The code of the first error, or `OK`. */
export function codeIn(answer: GraphqlAnswer<unknown>): string {
  return String(answer.errors?.[0]?.extensions['code'] ?? 'OK');
}
