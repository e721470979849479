/**
 * Answers clients that accept nothing that there is, in the media type of the specification (RFC 9110, section 12.5.1,
 * allows it). Yoga would send an empty 406 after the work is done: a mutation without a result.
 */
import { type Plugin, processRegularResult } from 'graphql-yoga';
import type { ServerContext } from '../context.ts';

export const useFallbackMediaType = (): Plugin<object, ServerContext> => ({
  onResultProcess({ resultProcessor, setResultProcessor }) {
    if (!resultProcessor) setResultProcessor(processRegularResult, 'application/graphql-response+json');
  },
});
