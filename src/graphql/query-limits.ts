/**
 * What a query may cost, in one table, and the refusal that names the limit. A batch shares tokens, complexity and bytes. How
 * many bytes a request may have is operations.ts.
 */
import { GraphQLError } from 'graphql';

export const queryLimits = {
  /** Validation takes more than linear time: this bounds it, for a whole batch. Introspection has 200. */
  tokens: 2_000,
  /** Brackets within brackets: GraphQL.js reads by recursion, and its stack ends at about 1,500. */
  nesting: 100,
  depth: 20,
  /** Fields, counted again wherever a fragment brings them. Validation compares those of one name in pairs. */
  breadth: 500,
  /** Each may be a read of its own. */
  aliases: 100,
  directives: 100,
  /** Comparisons of fields that share a name, as GraphQL.js counts them: the number is its own. */
  repetitions: 500_000,
  /** In the weights of the schema: a field of one item is 1, what may read all files is 15,000. */
  complexity: 200_000,
  /** Of JSON, for a whole batch: a name may have thousands of characters, and stand in the answer ten thousand times. */
  answerBytes: 16_000_000,
} as const;

export type QueryLimit = keyof typeof queryLimits;

/** Errors of one answer that come before execution: a client mends the first few, and asks again. */
export const mostErrors = 10;

const words: Readonly<Record<QueryLimit, (given: string) => string>> = {
  tokens: (given) => `it has ${given} tokens`,
  nesting: (given) => `its brackets are nested ${given} deep`,
  depth: (given) => `its depth is ${given}`,
  breadth: (given) => `it has ${given} fields`,
  aliases: (given) => `it has ${given} aliases`,
  directives: (given) => `it has ${given} directives`,
  repetitions: (given) => `it repeats fields, to be compared ${given} times`,
  complexity: (given) => `its complexity is ${given}`,
  answerBytes: (given) => `its answer has ${given} bytes`,
};

/** @param given none where counting stopped at the limit */
export function tooExpensive(limit: QueryLimit, given?: number): GraphQLError {
  const most = queryLimits[limit];
  const why =
    given === undefined || given > 1_000_000
      ? words[limit](`more than ${most}`)
      : words[limit](String(given));
  return new GraphQLError(`The query is too expensive: ${why}; at most ${most} are allowed`, {
    extensions: { code: 'QUERY_COMPLEXITY' },
  });
}
