/** The callers there are. Who proves to be which is authenticate.ts's. */
import type { Caller } from './model.ts';

export const anonymous: Caller = { role: 'anonymous', subject: null, id: 'anonymous' };

/** Everybody, where the settings ask for no proof. */
export const admin: Caller = { role: 'admin', subject: null, id: 'admin' };

/** The app that has Gridhold inside. */
export const library: Caller = { role: 'admin', subject: null, id: 'library' };

/** Who reads metrics by a token that is good for nothing else. */
export const scraper: Caller = { role: 'anonymous', subject: null, id: 'scraper' };

/** @param subject the user's name for itself: `sub` of a JSON Web Token */
export function userCaller(subject: string): Caller {
  return { role: 'user', subject, id: `user:${subject}` };
}

export function keyCaller(key: { readonly id: string; readonly role: 'app' | 'admin' }): Caller {
  return { role: key.role, subject: null, id: `key:${key.id}` };
}
