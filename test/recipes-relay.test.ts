/**
 * The recipes for Relay of docs/clients.md: the real compiler accepts them and the schema, and relay-runtime runs what it
 * compiled against the service. What the hooks of react-relay do with a fragment is done here by hand.
 */
import { randomBytes } from 'node:crypto';
import type {
  Environment,
  GraphQLTaggedNode,
  ReaderFragment,
  SingularReaderSelector,
  Variables,
} from 'relay-runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildRelay, type RelayBuild } from './support/build-relay.ts';
import { newFiles } from './support/graphql-calls.ts';
import { type Service, startService } from './support/service.ts';

interface Shown {
  readonly id: string;
  readonly filename: string | null;
  readonly size: number;
  readonly refCount: number;
}
interface Files {
  readonly files: {
    readonly edges: readonly { readonly node: { readonly id: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

const newFile = (size = 10): File => new File([randomBytes(size)], 'a.bin');

describe('the recipes for Relay', () => {
  let built: RelayBuild;
  let service: Service;

  beforeAll(async () => {
    [built, service] = await Promise.all([buildRelay(), startService()]);
  });

  const ask = async (relay: Environment, query: GraphQLTaggedNode, variables: Variables = {}) => {
    const { fetchQuery, createOperationDescriptor, getRequest } = built.runtime;
    // Kept, as a component keeps what it shows.
    relay.retain(createOperationDescriptor(getRequest(query), variables));
    await fetchQuery(relay, query, variables).toPromise();
  };
  const dataOf = <Data>(relay: Environment, selector: SingularReaderSelector): Data => {
    const { data } = relay.lookup(selector);
    if (!data) throw new Error('The store lacks something of it');
    return data as Data;
  };
  const selectorOf = (fragment: GraphQLTaggedNode, reference: unknown): SingularReaderSelector => {
    const { getSingularSelector, getFragment } = built.runtime;
    const selector = getSingularSelector(getFragment(fragment), reference);
    if (!selector) throw new Error('The fragment is not spread there');
    return selector as SingularReaderSelector;
  };
  /** What usePaginationFragment gives a component. */
  const list = (relay: Environment): Files['files'] => {
    const { createOperationDescriptor, getRequest } = built.runtime;
    const root = createOperationDescriptor(getRequest(built.recipe.filesQuery), {});
    const reference = relay.lookup(root.fragment).data;
    return dataOf<Files>(relay, selectorOf(built.recipe.filesFragment, reference)).files;
  };
  const ids = (relay: Environment): string[] => list(relay).edges.map(({ node }) => node.id);
  /** What useFragment gives the component of one file. */
  const shown = (relay: Environment, id: string): Shown | undefined => {
    const edge = list(relay).edges.find(({ node }) => node.id === id);
    return edge && dataOf<Shown>(relay, selectorOf(built.recipe.fileFragment, edge.node));
  };
  const refetchOf = (fragment: GraphQLTaggedNode): GraphQLTaggedNode => {
    const { operation } = (fragment as ReaderFragment).metadata?.refetch ?? {};
    if (!operation || typeof operation === 'string') throw new Error('It is not to be fetched again');
    return operation as GraphQLTaggedNode;
  };
  const opened = async (): Promise<Environment> => {
    const relay = built.recipe.createRelay(service.url);
    await ask(relay, built.recipe.filesQuery);
    return relay;
  };

  it('are compiled without a word of warning', () => {
    expect(built.artifacts).toEqual([
      'relayAttachFileMutation',
      'relayDeleteFileMutation',
      'relayFileQuery',
      'relayFilesPageQuery',
      'relayFilesQuery',
      'relayUploadFileMutation',
      'relay_file',
      'relay_files',
    ]);
    expect(built.said).toContain('Compilation completed');
    expect(built.said).not.toMatch(/warn|error/i);
  });

  it('show the next page after the one before, each file once, also where the last one shown was deleted', async () => {
    const stored = (await newFiles(service, 25)).reverse();
    const relay = await opened();
    expect(ids(relay)).toEqual(stored.slice(0, 20));
    const last = stored[19] ?? '';
    await built.recipe.deleteAndForget(relay, last);
    expect(ids(relay)).toEqual(stored.slice(0, 19));
    const { endCursor } = list(relay).pageInfo;
    await ask(relay, refetchOf(built.recipe.filesFragment), { first: 20, after: endCursor });
    expect(ids(relay)).toEqual(stored.filter((id) => id !== last));
    expect(list(relay).pageInfo.hasNextPage).toBe(false);
  });

  it('upload in one request, and show the file first in the list, once however often', async () => {
    const relay = await opened();
    const before = ids(relay);
    const { uploadFile } = await built.recipe.upload(relay, newFile(300_000));
    expect(ids(relay)).toEqual([uploadFile.id, ...before]);
    expect(shown(relay, uploadFile.id)).toMatchObject({ filename: 'a.bin', size: 300_000, refCount: 0 });
    await ask(relay, built.recipe.filesQuery);
    expect(ids(relay).filter((id) => id === uploadFile.id)).toHaveLength(1);
  });

  it('show the new count where a file is attached, and a new name where the file is asked for again', async () => {
    const relay = await opened();
    const { uploadFile } = await built.recipe.upload(relay, newFile());
    const { id } = uploadFile;
    await built.recipe.attach(relay, id, 'relay-1');
    expect(shown(relay, id)).toMatchObject({ refCount: 1 });
    await service.graphql(
      'mutation ($id: ID!) { updateFile(id: $id, input: { filename: "b.bin" }) { id } }',
      {
        id,
      },
    );
    await ask(relay, refetchOf(built.recipe.fileFragment), { id });
    expect(shown(relay, id)).toMatchObject({ filename: 'b.bin', refCount: 1 });
  });

  it('no longer show what is deleted, and forget it', async () => {
    const relay = await opened();
    const { uploadFile } = await built.recipe.upload(relay, newFile());
    const before = ids(relay);
    await built.recipe.deleteAndForget(relay, uploadFile.id);
    expect(ids(relay)).toEqual(before.slice(1));
    expect(relay.getStore().getSource().getStatus(uploadFile.id)).toBe('NONEXISTENT');
  });

  it('reject with the service’s words where it refuses', async () => {
    const relay = await opened();
    await expect(built.recipe.attach(relay, 'file_00000000000000000000000000', 'relay-2')).rejects.toThrow(
      'file_00000000000000000000000000',
    );
  });
});
