/**
 * What of Gridhold the world may reach: addresses that take one upload, which only this server makes, and the bytes of
 * files. Not its GraphQL: without authentication whoever reaches that may delete every file.
 */
import type { Gridhold } from 'gridhold';
import type { Route } from '../../server/web-server.ts';

/** @param prefix the path of the `publicUrl` that Gridhold was given */
export function fileRoutes(prefix: string, gridhold: Gridhold): readonly Route[] {
  return [
    { path: `${prefix}/upload/`, isForAllOrigins: true, handle: gridhold.handleNode },
    { path: `${prefix}/files/`, methods: ['GET', 'HEAD', 'OPTIONS'], handle: gridhold.handleNode },
  ];
}
