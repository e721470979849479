/**
 * Holds queries to query-limits.ts: tokens and brackets before a document is parsed, its shape before it is validated,
 * its complexity when its variables are known. Pages count by their size.
 */
import { createComplexityRule } from '@pothos/plugin-complexity';
import {
  type ExecutionArgs,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  parse,
  type ValidationRule,
  validate,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../context.ts';
import { measureDocument, measureText } from '../document-shape.ts';
import { queryLimits as limits, mostErrors, tooExpensive } from '../query-limits.ts';

const shapeLimits = ['depth', 'breadth', 'aliases', 'directives'] as const;

export const useLimits = (): Plugin<ServerContext, ServerContext> => ({
  /** Yoga does not come here for what it has parsed before: that was within the limits, and costs nothing again. */
  onParse({ context: { exchange }, setParseFn }) {
    setParseFn((source, options) => {
      const left = limits.tokens - exchange.spent.tokens;
      const { tokens, nesting } = measureText(source, left);
      if (tokens > left) throw tooExpensive('tokens');
      if (nesting > limits.nesting) throw tooExpensive('nesting', nesting);
      exchange.spent.tokens += tokens;
      const document = parse(source, options);
      const shape = measureDocument(document);
      for (const kind of shapeLimits) if (shape[kind] > limits[kind]) throw tooExpensive(kind, shape[kind]);
      return document;
    });
  },
  onValidate({ setValidationFn }) {
    setValidationFn((schema, document, rules) => {
      const errors = validate(schema, document, rules, { maxErrors: mostErrors });
      return errors.some(isAborted) ? [tooExpensive('repetitions')] : errors;
    });
  },
  /** Not in `onValidate`: Yoga keeps the results of that by the document, and these depend on variables. */
  onExecute({ args, context, setResultAndStopExecution }) {
    const errors = checkVariables(args) ?? weigh(args, context);
    if (errors.length > 0) setResultAndStopExecution({ errors });
  },
});

type Operation = Pick<ExecutionArgs, 'schema' | 'document' | 'variableValues' | 'operationName'>;

/** Executor and complexity read them again, and would tell of each value of a long list that it is wrong. */
function checkVariables({
  schema,
  document,
  variableValues,
  operationName,
}: Operation): readonly GraphQLError[] | undefined {
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  return getVariableValues(schema, definitions, variableValues ?? {}, { maxErrors: mostErrors }).errors;
}

function weigh(args: Operation, context: ServerContext): readonly GraphQLError[] {
  const { spent } = context.exchange;
  const rule: ValidationRule = createComplexityRule({
    variableValues: { ...args.variableValues },
    operationName: args.operationName ?? null,
    context,
    validate({ complexity }, report) {
      spent.complexity += complexity;
      if (spent.complexity > limits.complexity) report(tooExpensive('complexity', spent.complexity));
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

/** GraphQL.js counts the comparisons of fields that share a name, and tells by these words only that it gave up. */
function isAborted({ message }: GraphQLError): boolean {
  return message === 'Validation aborted.';
}
