/** Introspection switched off. Keeping suggestions of names out of errors is left to translate-error.ts. */
import { GraphQLError, type ValidationRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../context.ts';

/** `__typename` is no introspection of the schema: clients' caches live on it. */
const introspection = ['__schema', '__type'];

const NoIntrospection: ValidationRule = (context) => ({
  Field(node) {
    const name = node.name.value;
    if (!introspection.includes(name)) return;
    context.reportError(
      new GraphQLError(`${name} is not answered: introspection is switched off`, { nodes: node }),
    );
  },
});

export const useHiddenSchema = (): Plugin<object, ServerContext> => ({
  onValidate({ addValidationRule }) {
    addValidationRule(NoIntrospection);
  },
});
