/**
 * Who may do what: the table of permissions, and the one place that decides by it. Every way to a file (GraphQL, bytes,
 * upload URLs, attaching) asks here. README shows the same table, held against this one by a test.
 */
import { GridholdError } from '../errors/gridhold-error.ts';
import { fileNotFound } from './file-not-found.ts';
import type { Caller, Role, StoredFile } from './model.ts';

/** Whose files: nobody's, the caller's own, or anybody's. */
export type Reach = 'none' | 'own' | 'any';

type Row = Readonly<Record<Role, Reach>>;

/** In the order of README's table: anonymous, user, app, admin. */
const row = (anonymous: Reach, user: Reach, app: Reach, admin: Reach): Row => ({
  anonymous,
  user,
  app,
  admin,
});

export const permissions = {
  /** Metadata and bytes of a public file, by its ID or URL. */
  readPublic: row('any', 'any', 'any', 'any'),
  /** The same of a private file. A signed URL is a permission of its own for the bytes. */
  readPrivate: row('none', 'own', 'any', 'any'),
  /** Lists, counts, where a file is used, whose it is. */
  list: row('none', 'own', 'any', 'any'),
  /** Upload URLs, and stored files: as whose. */
  store: row('none', 'own', 'any', 'any'),
  /** Attach, detach, set, let a document go. */
  hold: row('none', 'own', 'any', 'any'),
  /** Delete, update, revoke the URLs of a file; send it somewhere. */
  change: row('none', 'own', 'any', 'any'),
  /** Totals of the whole store. */
  oversee: row('none', 'none', 'any', 'any'),
} as const satisfies Record<string, Row>;

export type Action = keyof typeof permissions;

type Owned = Pick<StoredFile, 'owner' | 'visibility'>;

function reaches(reach: Reach, caller: Caller, file: Owned): boolean {
  if (reach === 'any') return true;
  return reach === 'own' && caller.subject !== null && file.owner === caller.subject;
}

export function may(caller: Caller, action: Action, file: Owned): boolean {
  return reaches(permissions[action][caller.role], caller, file);
}

export function mayRead(caller: Caller, file: Owned): boolean {
  return may(caller, file.visibility === 'PUBLIC' ? 'readPublic' : 'readPrivate', file);
}

/**
 * What a caller sees of a file: nothing, or the file; and whose it is only where it may list it, since a subject may be
 * a person's address. What is not the caller's to see is null, as what never was.
 */
export function seenBy(caller: Caller, file: StoredFile | null): StoredFile | null {
  if (!file || !mayRead(caller, file)) return null;
  return may(caller, 'list', file) ? file : { ...file, owner: null };
}

/** Who has an upload URL may send bytes: it is shown to its maker and to admins only. */
export function maySeeUploadUrl(caller: Caller, makerId: string | undefined): boolean {
  return caller.role === 'admin' || makerId === caller.id;
}

/**
 * Whose files the caller may act on at all, before any is looked at: null is anybody's.
 * @throws UNAUTHENTICATED where signing in may help, FORBIDDEN where it does not
 */
export function ownersWithin(caller: Caller, action: Action): string | null {
  const reach = permissions[action][caller.role];
  if (reach === 'any') return null;
  if (reach === 'own' && caller.subject !== null) return caller.subject;
  if (caller.role === 'anonymous') throw unauthenticated();
  throw new GridholdError('FORBIDDEN', `This is not for a caller of the role ${caller.role}`);
}

/**
 * The file, where the caller may do this to it.
 * @throws FILE_NOT_FOUND where there is none that it may see, FORBIDDEN where it may see it and no more
 */
export function checkMay<File extends Owned>(
  caller: Caller,
  action: Action,
  id: string,
  file: File | null,
): File {
  ownersWithin(caller, action);
  if (!file || !mayRead(caller, file)) throw fileNotFound([id]);
  if (may(caller, action, file)) return file;
  throw new GridholdError('FORBIDDEN', `The file ${id} is somebody else's`);
}

export function unauthenticated(why = 'This needs a key or a token: Authorization: Bearer …'): GridholdError {
  return new GridholdError('UNAUTHENTICATED', why);
}
