/** The one place where errors get their final form, whichever step of a request they came from. */
import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Logger } from '../../domain/logger.ts';
import type { ServerContext } from '../context.ts';
import { mostErrors } from '../query-limits.ts';
import { translateError } from '../translate-error.ts';

/** @param options.suggests whether errors may say "Did you mean" and a name of the schema */
export const useErrorTranslation = (options: {
  readonly log: Logger;
  readonly suggests: boolean;
}): Plugin<object, ServerContext> => ({
  onResultProcess({ result, setResult, serverContext: { requestId, failed } }) {
    const translate = (one: ExecutionResult): ExecutionResult => {
      if (one.errors === undefined) return one;
      const isPartial = 'data' in one;
      const shown = isPartial ? one.errors : one.errors.slice(0, mostErrors);
      return {
        ...one,
        errors: shown.map((error) => {
          const translated = translateError(error, { ...options, requestId, isPartial });
          failed(String(translated.extensions['code']));
          return translated;
        }),
      };
    };
    if (Array.isArray(result)) setResult(result.map(translate));
    else if (!(Symbol.asyncIterator in result)) setResult(translate(result));
  },
});
