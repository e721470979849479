/** The recipes for Apollo Client of docs/clients.md, run against the service. */
import { randomBytes } from 'node:crypto';
import type { ApolloClient } from '@apollo/client';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  attach,
  createApollo,
  deleteAndForget,
  filesQuery,
  showNextPage,
  uploadThroughGraphql,
  uploadWithProgress,
} from './recipes/apollo.ts';
import { type Service, startService } from './support/service.ts';

interface Files {
  readonly files: {
    readonly edges: readonly { readonly node: { readonly id: string; readonly refCount: number } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

const newFile = (name = 'a.bin', size = 10): File => new File([randomBytes(size)], name);

describe('the recipes for Apollo Client', () => {
  let service: Service;
  let apollo: ApolloClient;

  beforeAll(async () => {
    service = await startService();
  });
  beforeEach(() => {
    apollo = createApollo(service.url);
  });

  const firstPage = async (): Promise<void> => {
    await apollo.query({ query: filesQuery, variables: { first: 20 }, fetchPolicy: 'network-only' });
  };
  /** What a component that watches the list shows. */
  const shown = (): Files['files'] | null =>
    apollo.readQuery<Files>({ query: filesQuery, variables: { first: 20 } })?.files ?? null;
  const shownIds = (): string[] => shown()?.edges.map(({ node }) => node.id) ?? [];

  it('show the next page after the one before, each file once', async () => {
    const stored: string[] = [];
    for (let count = 0; count < 45; count++) stored.unshift(await uploadThroughGraphql(apollo, newFile()));
    apollo = createApollo(service.url);
    await firstPage();
    expect(shownIds()).toEqual(stored.slice(0, 20));
    await showNextPage(apollo);
    expect(shownIds()).toEqual(stored.slice(0, 40));
    await showNextPage(apollo);
    expect(shownIds()).toEqual(stored);
    expect(shown()?.pageInfo.hasNextPage).toBe(false);
  });

  it('upload with progress, and show the file first in the list', async () => {
    await firstPage();
    const before = shownIds();
    const fractions: number[] = [];
    const id = await uploadWithProgress(apollo, newFile('b.bin', 300_000), (fraction) =>
      fractions.push(fraction),
    );
    expect(fractions.length).toBeGreaterThan(2);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(shownIds()).toEqual([id, ...before]);
  });

  it('upload in one request, and show the file first in the list, once however often', async () => {
    await firstPage();
    const before = shownIds();
    const id = await uploadThroughGraphql(apollo, newFile('c.bin'));
    expect(shownIds()).toEqual([id, ...before]);
    await firstPage();
    expect(shownIds().filter((shownId) => shownId === id)).toHaveLength(1);
  });

  it('show the new count where a file is attached', async () => {
    const id = await uploadThroughGraphql(apollo, newFile());
    await firstPage();
    await attach(apollo, id, 'apollo-1');
    expect(shown()?.edges.find(({ node }) => node.id === id)?.node.refCount).toBe(1);
  });

  it('show the next page whole where the last file that was shown is deleted, or a new one came first', async () => {
    await uploadThroughGraphql(apollo, newFile());
    await firstPage();
    const all = await service.graphql<Files>('{ files(first: 100) { edges { node { id refCount } } } }');
    const stored = all.data.files.edges.map(({ node }) => node.id);
    const last = shownIds().at(-1) ?? '';
    await deleteAndForget(apollo, last);
    const newest = await uploadThroughGraphql(apollo, newFile());
    expect(shownIds()).toEqual([newest, ...stored.slice(0, 19)]);
    await showNextPage(apollo);
    const left = stored.filter((id) => id !== last);
    expect(shownIds()).toEqual([newest, ...left.slice(0, 39)]);
  });

  it('keep whoever watches the list up to date: with what fetchMore brings, what is uploaded, and what is deleted', async () => {
    const watched = apollo.watchQuery<Files>({ query: filesQuery, variables: { first: 20 } });
    const seen: string[][] = [];
    const subscription = watched.subscribe(({ data }) => {
      // While it loads there is none, or only a part of it.
      if (data?.files?.edges) seen.push(data.files.edges.map((edge) => String(edge?.node?.id)));
    });
    await expect.poll(() => seen.at(-1)?.length).toBe(20);
    await watched.fetchMore({ variables: { after: shown()?.pageInfo.endCursor } });
    await expect.poll(() => seen.at(-1)?.length).toBe(40);
    const both = seen.at(-1) ?? [];
    const id = await uploadThroughGraphql(apollo, newFile());
    await expect.poll(() => seen.at(-1)).toEqual([id, ...both]);
    await deleteAndForget(apollo, both[25] ?? '');
    await expect.poll(() => seen.at(-1)).toEqual([id, ...both.filter((_, place) => place !== 25)]);
    subscription.unsubscribe();
  });

  it('no longer show what is deleted', async () => {
    const id = await uploadThroughGraphql(apollo, newFile());
    await firstPage();
    expect(shownIds()).toContain(id);
    await deleteAndForget(apollo, id);
    expect(shownIds()).not.toContain(id);
    expect(shownIds().length).toBeGreaterThan(0);
  });
});
