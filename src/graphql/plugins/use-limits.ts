/**
 * What a query may cost: tokens, before it is parsed whole; depth and complexity, when its variables are known. Pages
 * count by their size, so that a page of 100 with a page of 100 in each fits, and a third level does not.
 */
import { createComplexityRule } from '@pothos/plugin-complexity';
import { type ExecutionArgs, GraphQLError, parse, type ValidationRule, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../context.ts';

export const limits = {
  /** Validation compares fields of one name in pairs: this bounds its time, too. */
  tokens: 4_000,
  depth: 20,
  complexity: 250_000,
};

export const useLimits = (): Plugin<object, ServerContext> => ({
  onParse({ setParseFn }) {
    setParseFn((source, options) => {
      try {
        return parse(source, { ...options, maxTokens: limits.tokens });
      } catch (error) {
        throw isTooLong(error) ? tooExpensive(`it has more than ${limits.tokens} tokens`) : error;
      }
    });
  },
  /** Not in `onValidate`: Yoga keeps the results of that by the document, and these depend on variables. */
  onExecute({ args, context, setResultAndStopExecution }) {
    const errors = weigh(args, context);
    if (errors.length > 0) setResultAndStopExecution({ errors });
  },
});

function weigh(
  args: Pick<ExecutionArgs, 'schema' | 'document' | 'variableValues' | 'operationName'>,
  context: object,
): readonly GraphQLError[] {
  const rule: ValidationRule = createComplexityRule({
    variableValues: { ...args.variableValues },
    operationName: args.operationName ?? null,
    context,
    validate(cost, report) {
      const passed = (['depth', 'complexity'] as const).find((kind) => cost[kind] > limits[kind]);
      if (!passed) return;
      report(tooExpensive(`its ${passed} is ${cost[passed]}, at most ${limits[passed]} is allowed`));
    },
  });
  try {
    return validate(args.schema, args.document, [rule]);
  } catch (error) {
    // Arguments that can't be coerced: executing them would say the same.
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/** GraphQL.js tells it by these words only. */
function isTooLong(error: unknown): boolean {
  return error instanceof GraphQLError && error.message.endsWith('tokens. Parsing aborted.');
}

function tooExpensive(why: string): GraphQLError {
  return new GraphQLError(`The query is too expensive: ${why}`, { extensions: { code: 'QUERY_COMPLEXITY' } });
}
