/** Who may ask: `Host` and `Origin`, with no authentication. */
import { describe, expect, it } from 'vitest';
import { librarySettings } from '../src/config/library-settings.ts';
import type { RequestHead } from '../src/http/exchange.ts';
import { checkHost } from '../src/http/host-check.ts';
import type { HttpSettings } from '../src/http/http-settings.ts';
import { type Audience, judgeOrigin } from '../src/http/origin-policy.ts';
import { pathsOf, prefixOf } from '../src/http/public-address.ts';

const settings: HttpSettings = librarySettings({});

function headOf(headers: Record<string, string>): RequestHead {
  const header = (name: string) => headers[name] ?? null;
  return {
    method: 'GET',
    path: '/',
    search: '',
    host: header('host'),
    scheme: 'http',
    peerAddress: null,
    header,
  };
}

describe('Host', () => {
  it.each(['localhost', 'LOCALHOST:4000', 'app.localhost', '127.0.0.1', '127.1.2.3:80', '[::1]:4000'])(
    '%s is loopback',
    (host) => {
      expect(() => checkHost(headOf({ host }), settings)).not.toThrow();
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil.example#localhost',
    'evil.example@localhost',
    'localhost/',
    '0.0.0.0',
    '10.0.0.1',
    '',
  ])('%s is refused', (host) => {
    expect(() => checkHost(headOf({ host }), settings)).toThrow(/Host/);
  });

  it('may be that of the public URL, and must be there', () => {
    const published = { ...settings, publicUrl: 'https://files.example/x' };
    expect(() => checkHost(headOf({ host: 'files.example' }), published)).not.toThrow();
    expect(() => checkHost(headOf({ host: 'other.example' }), published)).toThrow(/Host/);
    expect(() => checkHost(headOf({}), settings)).toThrow(/Host/);
  });
});

describe('Origin', () => {
  const judge = (origin: string, audience: Audience, over: Partial<HttpSettings> = {}) => {
    const verdict = judgeOrigin(headOf({ host: 'localhost:4000', origin }), audience, {
      ...settings,
      ...over,
    });
    return verdict.refusal?.code ?? verdict.headers['Access-Control-Allow-Origin'] ?? 'hidden';
  };

  it.each(['http://localhost:3000', 'http://127.0.0.1:5173', 'https://localhost', 'http://localhost:4000'])(
    'of loopback, %s, may use GraphQL',
    (origin) => {
      expect(judge(origin, 'named')).toBe(origin);
    },
  );

  it.each([
    'null',
    'https://evil.example',
    'http://localhost.evil.example',
    'file://',
    'ext://localhost:4000',
    '',
  ])('%j may not', (origin) => {
    expect(judge(origin, 'named')).toBe('FORBIDDEN');
  });

  it('may be any for bytes and uploads', () => {
    expect(judge('https://evil.example', 'bytes')).toBe('*');
    expect(judge('null', 'uploads')).toBe('*');
  });

  it('is narrowed by the settings, for all of them', () => {
    const narrowed = { corsOrigins: ['https://app.example'] };
    for (const audience of ['named', 'bytes', 'uploads'] as const) {
      expect(judge('https://app.example', audience, narrowed)).toBe('https://app.example');
      expect(judge('http://localhost:4000', audience, narrowed)).toBe('http://localhost:4000');
    }
    expect(judge('https://other.example', 'named', narrowed)).toBe('FORBIDDEN');
    expect(judge('https://other.example', 'uploads', narrowed)).toBe('FORBIDDEN');
    expect(judge('https://other.example', 'bytes', narrowed)).toBe('hidden');
  });

  it('may be missing', () => {
    const verdict = judgeOrigin(headOf({ host: 'localhost' }), 'named', settings);
    expect(verdict).toEqual({ headers: { Vary: 'Origin' }, refusal: null });
  });
});

describe('a public URL with a path', () => {
  it('is served with it and without it', () => {
    const prefix = prefixOf('https://x.example/api/files');
    expect(pathsOf('/api/files/health', prefix)).toEqual(['/health', '/api/files/health']);
    expect(pathsOf('/api/files', prefix)).toEqual(['/', '/api/files']);
    expect(pathsOf('/health', prefix)).toEqual(['/health']);
    expect(pathsOf('/api/filesystem', prefix)).toEqual(['/api/filesystem']);
  });
});
