/** Tells of each operation that is executed of what type it is. What was refused before that is told as an error. */
import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../context.ts';

/** Returns at once and never throws. */
export type OperationListener = (type: 'query' | 'mutation' | 'subscription') => void;

export const useOperationCount = (onOperation: OperationListener): Plugin<object, ServerContext> => ({
  onExecute({ args: { document, operationName } }) {
    const operation = getOperationAST(document, operationName)?.operation;
    if (operation) onOperation(operation);
  },
});
