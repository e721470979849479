/** Ties the files of a request to the operations that take them: when they may be staged, and who still waits. */
import { type DocumentNode, visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../context.ts';
import { IncomingUpload } from '../uploads/incoming-upload.ts';

export const useUploads = (): Plugin<object, ServerContext> => ({
  /**
   * Parsed, validated and within the limits: execution begins with the coercion of variables, at once, and that begins
   * to stage. A file that it left out must not block those behind it.
   */
  onExecute({ args, executeFn, setExecuteFn }) {
    const { document, variableValues } = args;
    const uploads = uploadsIn(variableValues);
    if (uploads.length === 0) return;
    setExecuteFn((executionArgs) => {
      for (const [variable, upload] of uploads) upload.open(countUses(document, variable));
      const result = executeFn(executionArgs);
      for (const [, upload] of uploads) upload.release(variableValues);
      return result;
    });
  },
  /** Of each operation, also of one that never came to run. */
  onExecutionResult({ context }) {
    const { variables } = context.params;
    if (!variables) return;
    for (const [, upload] of uploadsIn(variables)) upload.release(variables);
  },
});

function uploadsIn(variables: unknown): [string, IncomingUpload][] {
  if (typeof variables !== 'object' || variables === null) return [];
  return Object.entries(variables).filter(
    (entry): entry is [string, IncomingUpload] => entry[1] instanceof IncomingUpload,
  );
}

function countUses(document: DocumentNode, variable: string): number {
  let uses = 0;
  visit(document, {
    VariableDefinition: () => false,
    Variable(node) {
      if (node.name.value === variable) uses += 1;
    },
  });
  return uses;
}
