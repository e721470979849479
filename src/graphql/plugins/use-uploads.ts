/** Ties the files of a request to the operations that take them: when they may be staged, and who still waits. */
import { type DocumentNode, visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../context.ts';
import { IncomingUpload } from '../uploads/incoming-upload.ts';

export const useUploads = (): Plugin<object, ServerContext> => ({
  /** Parsed, validated and within the limits: what follows is the coercion of variables, which begins to stage. */
  onExecute({ args, executeFn, setExecuteFn }) {
    const uploads = uploadsIn(args.variableValues);
    if (uploads.length === 0) return;
    setExecuteFn((executionArgs) => {
      for (const [variable, upload] of uploads) upload.open(countUses(args.document, variable));
      return executeFn(executionArgs);
    });
  },
  /** Of each operation, also of one that never came to run. */
  onExecutionResult({ context }) {
    for (const [, upload] of uploadsIn(context.params.variables)) upload.release();
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
