/** Where clients reach us: the base of every URL that goes to them, and the path prefix that it may have. */
import { parseAuthority } from './authority.ts';
import type { RequestHead } from './exchange.ts';

/** Origin and prefix without a trailing slash: the settings', else as the request came (which is on loopback). */
export function baseUrlOf(head: RequestHead, publicUrl: string | null): string {
  return publicUrl ?? parseAuthority(head.host, head.scheme)?.origin ?? 'http://localhost';
}

/** `/api/files` for `https://x.example/api/files`; empty without a path. */
export function prefixOf(publicUrl: string | null): string {
  return publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
}

/**
 * The paths that a request may mean. Some proxies strip the prefix and some do not, so both are served; the stripped
 * one is looked up first.
 */
export function pathsOf(path: string, prefix: string): readonly string[] {
  if (prefix === '') return [path];
  if (path === prefix) return ['/', path];
  return path.startsWith(`${prefix}/`) ? [path.slice(prefix.length), path] : [path];
}
