/**
 * How the schema follows Relay: the shape and the words of its connections, and `node` and `nodes` by IDs that say
 * themselves what they name.
 */
import { defaultPageItems, mostPageItems } from '../domain/paging.ts';
import { badInput } from '../errors/gridhold-error.ts';
import type { GraphqlContext } from './context.ts';

/** The contract's bound on lists of IDs. */
export const mostIds = 100;

export function checkIdCount(ids: readonly unknown[]): void {
  if (ids.length > mostIds) throw badInput(`ids: at most ${mostIds}, not ${ids.length}`);
}

export const connectionDescriptions = {
  edgesFieldOptions: {
    nullable: { list: false, items: false },
    description: 'The items of this page with their cursors, in order.',
    complexity: { field: 1, multiplier: 1 },
  },
  nodeFieldOptions: { nullable: false, description: 'The item itself.' },
  nodesOnConnection: {
    description: 'The items of this page, in order, where no cursors are needed.',
    complexity: { field: 1, multiplier: 1 },
  },
  cursorFieldOptions: {
    description: 'The place of this item in the order. Opaque: give it back in `after` or `before`.',
  },
  pageInfoFieldOptions: { description: 'Where this page begins and ends, and what is beyond it.' },
  pageInfoTypeOptions: {
    description: 'Where a page of a connection begins and ends, and what is beyond it.',
  },
  hasNextPageFieldOptions: { description: 'Whether more items follow this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether items come before this page.' },
  startCursorFieldOptions: { description: 'The cursor of the first item; null on an empty page.' },
  endCursorFieldOptions: {
    description:
      'The cursor of the last item, to be given as `after` for the next page; null on an empty page.',
  },
  firstArgOptions: {
    description: `How many items, from the beginning or after \`after\`: 0 to ${mostPageItems}, by default ${defaultPageItems}. Not together with \`last\`.`,
  },
  afterArgOptions: { description: 'A cursor: the page begins behind the item that it names.' },
  lastArgOptions: {
    description: `How many items, from the end or before \`before\`: 0 to ${mostPageItems}. Not together with \`first\`.`,
  },
  beforeArgOptions: { description: 'A cursor: the page ends in front of the item that it names.' },
} as const;

interface GlobalId {
  readonly typename: string;
  readonly id: string;
}

export const nodeFields = {
  nodeTypeOptions: { description: 'Anything that has an ID of its own and can be asked for again by it.' },
  idFieldOptions: { description: 'Unique over all types, and good for `node`.' },
  encodeGlobalID: (_typename: string, id: string | number | bigint) => String(id),
  /** What names nothing is looked for among the files, and not found. */
  decodeGlobalID(id: string, context: GraphqlContext) {
    return { typename: context.useCases.parseNodeId(id)?.type ?? 'File', id };
  },
  nodeQueryOptions: {
    description: 'Anything by its ID; null where there is no such thing.',
    args: { id: { description: 'The ID of a file, an upload URL, an attachment or a document.' } },
  },
  nodesQueryOptions: {
    description: 'Many things by their IDs, in the order asked; null where there is no such thing.',
    args: { ids: { description: `At most ${mostIds}.` } },
    complexity: ({ ids }: { ids: readonly unknown[] }) => ({
      field: 1,
      multiplier: Math.min(ids.length, mostIds),
    }),
    resolve(
      _root: unknown,
      args: { ids: GlobalId[] },
      _context: GraphqlContext,
      _info: unknown,
      resolveNodes: (ids: GlobalId[]) => Promise<unknown[]>,
    ) {
      checkIdCount(args.ids);
      return resolveNodes(args.ids);
    },
  },
};
