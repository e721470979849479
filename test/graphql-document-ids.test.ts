/** What names a document: its node ID, which is made of its collection and its ID, and of nothing else. */
import { beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './support/graphql-calls.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});

describe('a document’s ID', () => {
  const idOf = async (collection: string, documentId: string): Promise<string> => {
    const { data } = await service.graphql<{ document: { id: string } }>(
      'query ($collection: String!, $documentId: ID!) { document(collection: $collection, documentId: $documentId) { id } }',
      { collection, documentId },
    );
    return data.document.id;
  };

  it('is another for every pair of names, whatever stands in them', async () => {
    const pairs: [string, string][] = [
      ['a', 'b/c'],
      ['a/b', 'c'],
      ['a"', '"b'],
      ['a', '","b'],
      ['a","', 'b'],
      ['a', 'b'],
      ['A', 'b'],
      ['é', 'b'],
      ['e\u0301', 'b'],
      ['a\u0000', 'b'],
      ['a', '\u0000b'],
      ['a:b', ':c'],
      ['a', ':b:c'],
    ];
    const ids = await Promise.all(pairs.map(([collection, documentId]) => idOf(collection, documentId)));
    expect(new Set(ids).size).toBe(pairs.length);
    for (const [index, id] of ids.entries()) {
      const { data } = await service.graphql(
        'query ($id: ID!) { node(id: $id) { ... on Document { collection documentId } } }',
        { id },
      );
      expect(data).toEqual({ node: { collection: pairs[index]?.[0], documentId: pairs[index]?.[1] } });
    }
  });

  it('is there for a document that holds nothing, too', async () => {
    const id = await idOf('never', 'named');
    const { data } = await service.graphql(
      'query ($id: ID!) { node(id: $id) { id ... on Document { attachments { nodes { id } } } } }',
      { id },
    );
    expect(data).toEqual({ node: { id, attachments: { nodes: [] } } });
  });

  it.each([
    ['', 'b'],
    ['a', ''],
    ['a'.repeat(201), 'b'],
    ['a', 'b'.repeat(201)],
  ])('is refused for names that are not 1 to 200 characters', async (collection, documentId) => {
    const answer = await service.graphql(
      'query ($collection: String!, $documentId: ID!) { document(collection: $collection, documentId: $documentId) { id } }',
      { collection, documentId },
    );
    expect(refusal(answer).code).toBe('BAD_USER_INPUT');
    const list = await service.graphql(
      'query ($collection: String!) { documents(collection: $collection) { totalCount } }',
      {
        collection,
      },
    );
    if (collection === 'a') expect(list.errors).toBeUndefined();
    else expect(refusal(list).code).toBe('BAD_USER_INPUT');
  });

  it('made by hand from names that can not be names nothing', async () => {
    for (const parts of [
      ['', 'b'],
      ['a'.repeat(201), 'b'],
      ['a', 'half \ud800'],
    ]) {
      const id = `document_${Buffer.from(JSON.stringify(parts)).toString('base64url')}`;
      const answer = await service.graphql(
        'query ($id: ID!) { node(id: $id) { id ... on Document { attachments { nodes { id } } } } }',
        { id },
      );
      expect(answer).toEqual({ data: { node: null } });
    }
  });
});
