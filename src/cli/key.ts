/** `gridhold key …`: makes, lists and revokes the keys of apps and admins. Whoever can run it is an admin already. */
import type { Settings } from '../config/settings.ts';
import { apiKeys, createApiKey, revokeKey } from '../domain/api-keys.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { openStore, type Store } from '../storage/store.ts';
import { connectCommand } from './connect.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { Printing } from './printing.ts';

export async function createKey(
  settings: Settings,
  { json, ...input }: { readonly name: string; readonly role: string; readonly json: boolean },
  { print, progress }: Printing,
): Promise<ExitCode> {
  return await withStore(settings, { onProgress: progress, mayCreate: true }, async (store) => {
    const key = await createApiKey(store, input);
    progress(`Key ${key.id} (${key.role}, ${JSON.stringify(key.name)}). It is shown this once:`);
    print(json ? JSON.stringify(key) : key.secret);
    if (settings.auth === 'none' || !settings.auth.includes('keys')) {
      progress('No key counts yet: GRIDHOLD_AUTH does not name keys.');
    }
    return exitCodes.fine;
  });
}

export async function listKeys(
  settings: Settings,
  { json }: { readonly json: boolean },
  { print, progress }: Printing,
): Promise<ExitCode> {
  return await withStore(settings, { onProgress: progress, mayCreate: false }, async (store) => {
    const keys = await apiKeys(store);
    for (const key of keys) {
      const { id, role, name, createdAt, revokedAt } = key;
      const since = `since ${createdAt.toISOString()}`;
      const state = revokedAt ? `revoked ${revokedAt.toISOString()}` : since;
      print(json ? JSON.stringify(key) : `${id}  ${role.padEnd(5)}  ${state}  ${JSON.stringify(name)}`);
    }
    if (keys.length === 0) progress('There is no key yet: gridhold key create --role app --name …');
    return exitCodes.fine;
  });
}

export async function revokeKeyById(
  settings: Settings,
  { id, json }: { readonly id: string; readonly json: boolean },
  { print, progress }: Printing,
): Promise<ExitCode> {
  return await withStore(settings, { onProgress: progress, mayCreate: false }, async (store) => {
    const key = await revokeKey(store, id);
    if (!key) {
      // Not repeated: it may be a secret.
      progress('There is no such key; gridhold key list shows those that there are, with their IDs.');
      return exitCodes.foundSomething;
    }
    print(json ? JSON.stringify(key) : `revoked ${key.id} (${key.role}, ${JSON.stringify(key.name)})`);
    return exitCodes.fine;
  });
}

async function withStore(
  settings: Settings,
  options: { readonly onProgress: Printing['progress']; readonly mayCreate: boolean },
  work: (store: Store) => Promise<ExitCode>,
): Promise<ExitCode> {
  const mongo = await connectCommand(settings, options);
  try {
    return await work(await openStore(mongo.client, mongo.database));
  } catch (error) {
    if (!(error instanceof GridholdError) || error.code !== 'BAD_USER_INPUT') throw error;
    options.onProgress(error.message);
    return exitCodes.wrongUsage;
  } finally {
    await mongo.close();
  }
}
