/** Signed URLs: what each is bound to, how long it is good, and what voids it. */
import { createGridholdClient } from 'gridhold/client';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type GuardedService,
  senderOf,
  startGuardedService,
  stored,
  tokenOf,
} from './support/guarded-service.ts';
import { databaseOf, outcomeOf } from './support/requests.ts';
import { startService } from './support/service.ts';

let guarded: GuardedService;
const secret = 'a secret of the tests';

beforeAll(async () => {
  guarded = await startGuardedService({ GRIDHOLD_SIGNING_KEYS: `first:${secret}` });
  await databaseOf(guarded.service);
});

const addressOf = async (id: string, more = ''): Promise<string> => {
  const { data } = await guarded.ann.graphql<{ fileUrl: string }>(
    `query ($id: ID!) { fileUrl(id: $id${more}) }`,
    { id },
  );
  return data.fileUrl;
};

const fresh = async (): Promise<{ id: string; url: URL }> => {
  const id = await stored(guarded.ann, 'private', '?filename=a.txt');
  return { id, url: new URL(await addressOf(id)) };
};

const outcome = async (url: URL | string, init: RequestInit = {}): Promise<string> =>
  await outcomeOf(await fetch(url, init));

describe('a signed URL', () => {
  it('is good for whoever has it: GET, HEAD, ranges and conditions', async () => {
    const { url } = await fresh();
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, 'private']);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    const range = await fetch(url, { headers: { range: 'bytes=0-2' } });
    expect([range.status, await range.text()]).toEqual([206, 'pri']);
    const etag = response.headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('is good beside invalid credentials, as those of a client whose token has just expired', async () => {
    const { id, url } = await fresh();
    const headers = { authorization: 'Bearer not.a.token' };
    expect(await outcome(url, { headers })).toBe('200');
    url.searchParams.set('signature', 'k1.AAAA');
    expect(await outcome(url, { headers })).toBe('404 FILE_NOT_FOUND');
    expect(await outcome(`${guarded.service.url}/files/${id}`, { headers })).toBe('401 UNAUTHENTICATED');
  });

  it('is kept by browsers within its life only, by no shared cache, and told to no other site', async () => {
    const { id, url } = await fresh();
    const { headers } = await fetch(url);
    const [, seconds] = /^private, max-age=(\d+), immutable$/.exec(headers.get('cache-control') ?? '') ?? [];
    const lifeMs = Number(url.searchParams.get('expires')) - Date.now();
    expect(Number(seconds)).toBeGreaterThan(lifeMs / 1_000 - 30);
    expect(Number(seconds)).toBeLessThanOrEqual(lifeMs / 1_000 + 30);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    // One that keeps it all the same can be told to let it go.
    expect(headers.get('cache-tag')).toBe(id);
  });

  it('is the same each time within its window, and good for at least half its time', async () => {
    const { id } = await fresh();
    const urls = new Set<string>();
    for (let round = 0; round < 5; round++) urls.add(await addressOf(id));
    // A window may end between two of them.
    expect(urls.size).toBeLessThanOrEqual(2);
    for (const [more, seconds] of [
      ['', 3_600],
      [', expiresIn: 60', 60],
      [', expiresIn: 604800', 604_800],
    ] as const) {
      const before = Date.now();
      const expires = Number(new URL(await addressOf(id, more)).searchParams.get('expires'));
      expect(expires).toBeGreaterThanOrEqual(before + seconds * 500);
      expect(expires).toBeLessThanOrEqual(Date.now() + seconds * 1_000);
    }
  });

  it('is good no more when it has expired', async () => {
    const { id } = await fresh();
    const url = await addressOf(id, ', expiresIn: 1');
    await expect.poll(async () => await outcome(url)).toBe('404 FILE_NOT_FOUND');
    expect(Date.now()).toBeGreaterThanOrEqual(Number(new URL(url).searchParams.get('expires')));
  });

  it.each(['0', '604801', '-1'])('for %s seconds is not made', async (seconds) => {
    const { id } = await fresh();
    const { errors } = await guarded.ann.graphql(
      `query ($id: ID!) { fileUrl(id: $id, expiresIn: ${seconds}) }`,
      { id },
    );
    expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it('of a file that has become public is good as any', async () => {
    const { id, url } = await fresh();
    await guarded.ann.graphql(
      'mutation ($id: ID!) { updateFile(id: $id, input: { visibility: PUBLIC }) { id } }',
      { id },
    );
    expect(await outcome(url)).toBe('200');
    expect(await addressOf(id)).toBe(`${guarded.service.url}/files/${id}`);
  });

  it('of a deleted file is good for nothing', async () => {
    const { id, url } = await fresh();
    await guarded.ann.graphql('mutation ($id: ID!) { deleteFile(id: $id) { deleted } }', { id });
    expect(await outcome(url)).toBe('404 FILE_NOT_FOUND');
  });
});

describe('bound to its', () => {
  it('method: nothing but GET and HEAD is taken there', async () => {
    const { url } = await fresh();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect(await outcome(url, { method, body: 'x' })).toBe('405 METHOD_NOT_ALLOWED');
    }
  });

  it('file: the signature of one opens no other', async () => {
    const [one, other] = [await fresh(), await fresh()];
    expect(await outcome(`${guarded.service.url}/files/${other.id}${one.url.search}`)).toBe(
      '404 FILE_NOT_FOUND',
    );
  });

  it.each([
    ['shown, asked for as a download', '', (url: URL) => `${url}&download`],
    [
      'shown, asked for as a download in front',
      '',
      (url: URL) => `${url.origin}${url.pathname}?download=1&${url.search.slice(1)}`,
    ],
    ['a download, asked to be shown', ', download: true', (url: URL) => String(url).replace('download&', '')],
  ])('disposition: %s', async (_name, more, change) => {
    const { id } = await fresh();
    const url = new URL(await addressOf(id, more));
    const good = await fetch(url);
    expect(good.headers.get('content-disposition')).toMatch(more ? /^attachment/ : /^inline/);
    expect(await outcome(change(url))).toBe('404 FILE_NOT_FOUND');
  });

  it.each([
    ['a later time', (expires: string) => String(Number(expires) + 1)],
    ['a later time, by far', (expires: string) => `${expires}0`],
    ['the same time in another spelling', (expires: string) => `0${expires}`],
    ['the same time with a sign', (expires: string) => `+${expires}`],
    ['the same time as a fraction', (expires: string) => `${expires}.0`],
    ['no time', () => ''],
    ['a time with a line break', (expires: string) => `${expires}\n`],
  ])('expiry: %s', async (_name, change) => {
    const { url } = await fresh();
    url.searchParams.set('expires', change(url.searchParams.get('expires') ?? ''));
    expect(await outcome(url)).toBe('404 FILE_NOT_FOUND');
  });

  it.each([
    ['of another ID', (text: string) => text.replace('first', 'second')],
    ['of no ID', (text: string) => text.replace('first', '')],
    ['named like something else', (text: string) => text.replace('first', '__proto__')],
  ])('key: one %s', async (_name, change) => {
    const { url } = await fresh();
    url.searchParams.set('signature', change(url.searchParams.get('signature') ?? ''));
    expect(await outcome(url)).toBe('404 FILE_NOT_FOUND');
  });

  it.each([
    [
      'changed in its last character',
      (text: string) => `${text.slice(0, -1)}${text.endsWith('A') ? 'E' : 'A'}`,
    ],
    ['in another spelling of the same bytes', (text: string) => `${text}=`],
    ['cut short', (text: string) => text.slice(0, -1)],
    ['with more behind it', (text: string) => `${text}.x`],
    ['of 10,000 characters', (text: string) => text + 'A'.repeat(10_000)],
    ['of none', () => ''],
  ])('signature: one %s', async (_name, change) => {
    const { url } = await fresh();
    url.searchParams.set('signature', change(url.searchParams.get('signature') ?? ''));
    expect(await outcome(url)).toBe('404 FILE_NOT_FOUND');
  });
});

describe('in its query', () => {
  it('the order of parameters is free, and others may stand beside them', async () => {
    const { url } = await fresh();
    const { searchParams } = url;
    const [expires, signature] = [searchParams.get('expires'), searchParams.get('signature')];
    const base = `${url.origin}${url.pathname}`;
    expect(await outcome(`${base}?signature=${signature}&expires=${expires}`)).toBe('200');
    expect(await outcome(`${base}?utm=x&signature=${signature}&expires=${expires}&v=2`)).toBe('200');
  });

  it('percent-encodings of the same characters are the same', async () => {
    const { url } = await fresh();
    expect(await outcome(String(url).replace('expires', '%65xpires').replace('first', '%66irst'))).toBe(
      '200',
    );
    expect(await outcome(String(url).replace('/file_', '/%66ile_'))).toBe('200');
  });

  it('a parameter that it is bound to, doubled, makes it none: the same or another', async () => {
    const { url } = await fresh();
    for (const [name, value] of url.searchParams) {
      for (const more of [value, '1'])
        expect(await outcome(`${url}&${name}=${more}`)).toBe('404 FILE_NOT_FOUND');
    }
    const saved = new URL(await addressOf(url.pathname.slice('/files/'.length), ', download: true'));
    expect(await outcome(saved)).toBe('200');
    expect(await outcome(`${saved}&download`)).toBe('404 FILE_NOT_FOUND');
  });
});

describe('an upload URL and a signed URL', () => {
  it('never pass for each other', async () => {
    const { id, url } = await fresh();
    const { data } = await guarded.ann.graphql<{ generateUploadUrl: { url: string; id: string } }>(
      'mutation { generateUploadUrl { url id } }',
    );
    const token = data.generateUploadUrl.url.split('/upload/')[1] ?? '';
    const [, keyId = '', signature = ''] = token.split('.');
    const seal = `${keyId}.${signature}`;
    for (const expires of [url.searchParams.get('expires') ?? '', data.generateUploadUrl.id]) {
      const query = new URLSearchParams({ expires, signature: seal });
      expect(await outcome(`${guarded.service.url}/files/${id}?${query}`)).toBe('404 FILE_NOT_FOUND');
      expect(await outcome(`${guarded.service.url}/files/${data.generateUploadUrl.id}?${query}`)).toBe(
        '404 FILE_NOT_FOUND',
      );
    }
    const forged = `${data.generateUploadUrl.id}.${url.searchParams.get('signature')}`;
    for (const one of [forged, `${id}.${url.searchParams.get('signature')}`]) {
      const sent = await fetch(`${guarded.service.url}/upload/${one}`, { method: 'PUT', body: 'x' });
      expect(await outcomeOf(sent)).toBe('404 UPLOAD_URL_NOT_FOUND');
    }
  });

  it('the answer of the first shows its sender no signed URL, unless the sender may read the file', async () => {
    const urlFor = async (): Promise<string> => {
      const { data } = await guarded.ann.graphql<{ generateUploadUrl: { url: string } }>(
        'mutation { generateUploadUrl { url } }',
      );
      return data.generateUploadUrl.url;
    };
    for (const [sender, isSigned] of [
      [guarded.nobody, false],
      [guarded.bob, false],
      [guarded.ann, true],
    ] as const) {
      const response = await sender.fetch(await urlFor(), { method: 'PUT', body: 'sent' });
      const { url }: { url: string } = await response.json();
      expect(await outcome(url)).toBe(isSigned ? '200' : '404 FILE_NOT_FOUND');
    }
  });
});

describe('revoking the URLs of a file', () => {
  it('voids all that were given, keeps the file, and those that are given from then on are good', async () => {
    const { id, url } = await fresh();
    const saved = await addressOf(id, ', download: true');
    const other = await fresh();
    const { data } = await guarded.ann.graphql(
      'mutation ($id: ID!) { revokeFileUrls(id: $id) { id filename url } }',
      { id },
    );
    expect(data).toMatchObject({ revokeFileUrls: { id, filename: 'a.txt' } });
    for (const voided of [url, saved]) expect(await outcome(voided)).toBe('404 FILE_NOT_FOUND');
    expect(await outcome(await addressOf(id))).toBe('200');
    expect(await outcome(other.url)).toBe('200');
    expect((await guarded.ann.fetch(`/files/${id}`)).status).toBe(200);
  });

  it('is for its owner, apps and admins', async () => {
    const { id } = await fresh();
    const revoke = 'mutation ($id: ID!) { revokeFileUrls(id: $id) { id } }';
    for (const sender of [guarded.ann, guarded.app, guarded.admin]) {
      expect((await sender.graphql(revoke, { id })).errors).toBeUndefined();
    }
    for (const [sender, code] of [
      [guarded.bob, 'FILE_NOT_FOUND'],
      [guarded.nobody, 'UNAUTHENTICATED'],
    ] as const) {
      expect((await sender.graphql(revoke, { id })).errors?.[0]?.extensions['code']).toBe(code);
    }
  });
});

describe('after a rotation of the signing keys', () => {
  it('URLs of the older key are good while it stands in the ring, and new ones are of the first', async () => {
    const { id, url } = await fresh();
    const settings = {
      GRIDHOLD_DATABASE: guarded.service.database,
      GRIDHOLD_AUTH: 'keys,jwt',
      GRIDHOLD_JWT_SECRET: 'a secret of the tests, of 32 bytes and more',
      GRIDHOLD_JWT_ISSUER: 'https://login.example',
      GRIDHOLD_JWT_AUDIENCE: 'files',
    };
    const rotated = await startService({
      ...settings,
      GRIDHOLD_SIGNING_KEYS: `second:another secret of theirs,first:${secret}`,
    });
    const at = (service: { url: string }, one: URL): string => `${service.url}${one.pathname}${one.search}`;
    expect(await outcome(at(rotated, url))).toBe('200');
    const { data } = await senderOf(rotated, 'ann', await tokenOf('ann')).graphql<{ fileUrl: string }>(
      'query ($id: ID!) { fileUrl(id: $id) }',
      { id },
    );
    expect(new URL(data.fileUrl).searchParams.get('signature')).toMatch(/^second\./);
    expect(await outcome(data.fileUrl)).toBe('200');
    await rotated.stop();
    const without = await startService({
      ...settings,
      GRIDHOLD_SIGNING_KEYS: 'second:another secret of theirs',
    });
    expect(await outcome(at(without, url))).toBe('404 FILE_NOT_FOUND');
    expect(await outcome(at(without, new URL(data.fileUrl)))).toBe('200');
    const impostor = await startService({
      ...settings,
      GRIDHOLD_SIGNING_KEYS: 'first:yet another secret of theirs',
    });
    expect(await outcome(at(impostor, url))).toBe('404 FILE_NOT_FOUND');
  });
});

it('the client sends its token, stores a private file, and gives an address that an image can have', async () => {
  const { service, ann } = guarded;
  const gridhold = createGridholdClient({ url: service.url, headers: ann.headers });
  const { id, url } = await gridhold.upload(new Blob(['by the client']));
  // Its token never goes to upload URLs.
  expect(await outcome(url)).toBe('404 FILE_NOT_FOUND');
  const signed = await gridhold.url(id, { expiresIn: 60 });
  expect(await (await fetch(signed ?? '')).text()).toBe('by the client');
  expect(await gridhold.file(id)).toMatchObject({ id, owner: 'ann', visibility: 'PRIVATE' });
  const stranger = createGridholdClient({ url: service.url, headers: guarded.bob.headers });
  expect([await stranger.file(id), await stranger.url(id)]).toEqual([null, null]);
});

it('with none, private bytes need a signature, and whoever asks for one gets it', async () => {
  const open = await startService();
  await databaseOf(open);
  const response = await fetch(`${open.url}/files?visibility=PRIVATE`, { method: 'POST', body: 'x' });
  const { id, url }: { id: string; url: string } = await response.json();
  expect(await outcome(`${open.url}/files/${id}`)).toBe('404 FILE_NOT_FOUND');
  expect(await outcome(url)).toBe('200');
  const { data } = await open.graphql<{ file: { url: string } }>(
    'query ($id: ID!) { file(id: $id) { url } }',
    { id },
  );
  expect(await outcome(data.file.url)).toBe('200');
});
