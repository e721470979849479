/** The one place where errors get their final form, whichever step of a request they came from. */
import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../context.ts';
import { type ErrorLog, translateError } from '../translate-error.ts';

export const useErrorTranslation = (log: ErrorLog): Plugin<object, ServerContext> => ({
  onResultProcess({ result, setResult, serverContext }) {
    const translate = (one: ExecutionResult): ExecutionResult =>
      one.errors === undefined
        ? one
        : {
            ...one,
            errors: one.errors.map((error) =>
              translateError(error, { requestId: serverContext.requestId, isPartial: 'data' in one, log }),
            ),
          };
    if (Array.isArray(result)) setResult(result.map(translate));
    else if (!(Symbol.asyncIterator in result)) setResult(translate(result));
  },
});
