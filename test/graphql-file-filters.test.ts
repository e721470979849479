/** Which files `files` finds, and in which order, with what clients put into filters taken as it stands. */
import { beforeAll, describe, expect, it } from 'vitest';
import { attach, newFile, refusal } from './support/graphql-calls.ts';
import { type GraphqlAnswer, type Service, startService } from './support/service.ts';

interface Files {
  readonly files: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly filename: string | null; readonly size: number }[];
  };
}

const names = [
  null,
  '',
  'Änderung.txt',
  'a+b (1).txt',
  'b.txt',
  'B.txt',
  '$owner',
  'same.txt',
  'same.txt',
  null,
];

let service: Service;
beforeAll(async () => {
  service = await startService();
  for (const [index, filename] of names.entries()) {
    const id = await newFile(service, 'x'.repeat(index % 4), filename === null ? {} : { filename });
    if (index === 3) await attach(service, id, ['posts', '1']);
    if (index === 4)
      await service.graphql(
        'mutation ($id: ID!) { updateFile(id: $id, input: { visibility: PRIVATE }) { id } }',
        { id },
      );
  }
  await fetch(`${service.url}/files?filename=picture.png`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: 'not really',
  });
});

const find = (filter: object | null, more: object = {}): Promise<GraphqlAnswer<Files>> =>
  service.graphql(
    `query ($filter: FileFilter, $orderBy: FileOrder, $first: Int, $after: String, $last: Int, $before: String) {
      files(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { filename size }
      }
    }`,
    { filter, ...more },
  );
const found = async (filter: object | null): Promise<(string | null)[]> => {
  const { data } = await find(filter);
  expect(data.files.totalCount).toBe(data.files.nodes.length);
  return data.files.nodes.map(({ filename }) => filename).reverse();
};

describe('a filter', () => {
  it.each<[object, (string | null)[]]>([
    [{ filename: 'B.TXT' }, ['b.txt', 'B.txt']],
    [{ filename: 'ä' }, ['Änderung.txt']],
    [{ filename: '+b (1)' }, ['a+b (1).txt']],
    [{ filename: '.*' }, []],
    [{ filename: '$owner' }, ['$owner']],
    [{ filename: '\\' }, []],
    [{ contentType: 'image/*' }, ['picture.png']],
    [{ contentType: 'image/png' }, ['picture.png']],
    [{ contentType: 'IMAGE/PNG' }, ['picture.png']],
    [{ contentType: 'image/p' }, []],
    [{ visibility: 'PRIVATE' }, ['b.txt']],
    [{ referenced: true }, ['a+b (1).txt']],
    [{ referenced: true, visibility: 'PRIVATE' }, []],
    [{ owner: '$owner' }, []],
    [{ sha256: '0'.repeat(64) }, []],
    [{ uploadedAfter: '2999-01-01T00:00:00Z' }, []],
    [{ uploadedBefore: '1999-01-01T00:00:00+02:00' }, []],
  ])('%j finds %j', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([[null], [{}], [{ filename: null, owner: null, referenced: null }], [{ filename: '' }]])(
    '%j finds all that it does not rule out',
    async (filter) => {
      expect(await found(filter)).toHaveLength(
        filter !== null && 'filename' in filter && filter.filename === '' ? 9 : 11,
      );
    },
  );

  it.each<[object, string]>([
    [{ contentType: 'png' }, 'contentType'],
    [{ contentType: 'image/png; a=b' }, 'contentType'],
    [{ sha256: 'short' }, 'sha256'],
    [{ uploadedAfter: 'yesterday' }, 'uploadedAfter'],
    [{ uploadedAfter: '2026-02-30T00:00:00Z' }, 'uploadedAfter'],
    [{ uploadedAfter: '2026-01-01' }, 'uploadedAfter'],
    [{ uploadedAfter: { $gt: '' } }, 'uploadedAfter'],
    [{ owner: { $ne: null } }, 'owner'],
    [{ referenced: 1 }, 'referenced'],
    [{ visibility: 'public' }, 'visibility'],
    [{ $where: '1' }, '$where'],
  ])('%j is refused', async (filter, name) => {
    expect(refusal(await find(filter))).toEqual({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(name),
    });
  });
});

describe('an order', () => {
  const expected: Record<string, (a: { filename: string | null; size: number }) => unknown> = {
    SIZE: ({ size }) => size,
    FILENAME: ({ filename }) => filename,
  };

  it.each(['SIZE', 'FILENAME'])(
    'by %s goes both ways, with equal keys and nulls, page by page',
    async (field) => {
      const key = expected[field];
      const whole = async (direction: string): Promise<unknown[]> =>
        (await find(null, { orderBy: { field, direction }, first: 100 })).data.files.nodes.map((node) =>
          key?.(node),
        );
      const ascending = await whole('ASC');
      expect(ascending).toHaveLength(11);
      expect(await whole('DESC')).toEqual([...ascending].reverse());
      if (field === 'SIZE') expect(ascending).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 10]);
      else expect(ascending.slice(0, 4)).toEqual([null, null, '', '$owner']);
      for (const [size, cursor, info] of [
        ['first', 'after', 'endCursor'],
        ['last', 'before', 'startCursor'],
      ] as const) {
        const seen: unknown[] = [];
        for (let at: string | null = null; ; ) {
          const {
            data,
          }: GraphqlAnswer<{
            files: {
              edges: { node: { filename: string | null; size: number } }[];
              pageInfo: Record<string, string | null>;
            };
          }> = await service.graphql(
            `query ($at: String) {
              files(${size}: 1, ${cursor}: $at, orderBy: { field: ${field}, direction: ASC }) {
                edges { node { filename size } } pageInfo { startCursor endCursor }
              }
            }`,
            { at },
          );
          at = data.files.pageInfo[info] ?? null;
          if (at === null) break;
          seen.push(...data.files.edges.map(({ node }) => key?.(node)));
        }
        expect(size === 'first' ? seen : seen.reverse()).toEqual(ascending);
      }
    },
  );

  it.each([
    [{ direction: 'ASC' }],
    [{ field: 'SIZE' }],
    [{ field: 'NAME', direction: 'ASC' }],
    [{ field: 'SIZE', direction: 1 }],
  ])('%j is refused', async (orderBy) => {
    expect(refusal(await find(null, { orderBy })).code).toBe('BAD_USER_INPUT');
  });
});
