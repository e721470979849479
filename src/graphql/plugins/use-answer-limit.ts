/**
 * Refuses an answer that has become too large, whole: by one error instead of it. Queries have not been answered then;
 * mutations have happened, so theirs says `data: null`.
 */
import { type DocumentNode, GraphQLError, getOperationAST, Kind, type ValidationRule, visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../context.ts';
import { tooExpensive } from '../query-limits.ts';

export const useAnswerLimit = (): Plugin<ServerContext, ServerContext> => ({
  onValidate({ addValidationRule }) {
    addValidationRule(NoAliasesInIntrospection);
  },
  onExecute({ args: { document, operationName }, context: { answerSize } }) {
    return {
      onExecuteDone({ result, setResult }) {
        if (Symbol.asyncIterator in result) return;
        if (asksForSchema(document)) answerSize.add(Buffer.byteLength(JSON.stringify(result.data) ?? ''));
        if (!answerSize.isOver) return;
        const isMutation = getOperationAST(document, operationName)?.operation === 'mutation';
        setResult({ ...(isMutation ? { data: null } : {}), errors: [tooExpensive('answerBytes')] });
      },
    };
  },
});

/** Nothing else bounds what comes of them: GraphQL.js resolves the types of types itself, and they weigh nothing. */
const NoAliasesInIntrospection: ValidationRule = (context) => ({
  Field(node) {
    if (!node.alias || !context.getParentType()?.name.startsWith('__')) return;
    context.reportError(
      new GraphQLError('The query is too expensive: it has aliases inside of __schema or __type', {
        nodes: node,
        extensions: { code: 'QUERY_COMPLEXITY' },
      }),
    );
  },
});

const schemaFields = ['__schema', '__type'];
const known = new WeakMap<DocumentNode, boolean>();

function asksForSchema(document: DocumentNode): boolean {
  const before = known.get(document);
  if (before !== undefined) return before;
  let asks = false;
  visit(document, {
    [Kind.FIELD]({ name }) {
      asks ||= schemaFields.includes(name.value);
    },
  });
  known.set(document, asks);
  return asks;
}
