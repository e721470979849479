/** The defaults that depend on whether callers prove who they are: without that, the server is one developer's own. */
import type { Settings } from './settings.ts';

type Dependent =
  | 'defaultVisibility'
  | 'graphiql'
  | 'introspection'
  | 'userRateLimit'
  | 'keyRateLimit'
  | 'addressRateLimit'
  | 'uploadsAtOnce';

export function defaultsFor(auth: Settings['auth']): Pick<Settings, Dependent> {
  return auth === 'none'
    ? {
        defaultVisibility: 'PUBLIC',
        graphiql: true,
        introspection: true,
        userRateLimit: 'off',
        keyRateLimit: 'off',
        addressRateLimit: 'off',
        uploadsAtOnce: 'off',
      }
    : {
        defaultVisibility: 'PRIVATE',
        graphiql: false,
        introspection: false,
        userRateLimit: 3_000,
        keyRateLimit: 'off',
        addressRateLimit: 6_000,
        uploadsAtOnce: 32,
      };
}
