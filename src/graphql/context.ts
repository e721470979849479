/** What resolvers and plugins are given with each operation. It is put together in graphql-edge.ts. */
import type { Arrival, RequestContext } from '../domain/request-context.ts';
import type { UseCases } from '../domain/use-cases.ts';
import type { AnswerSize } from './answer-size.ts';
import type { GraphqlExchange } from './exchange.ts';

/** What a resolver is given. Loaders hang on it: one context is one operation. */
export interface GraphqlContext extends RequestContext {
  readonly useCases: UseCases;
  /** Aborted when the client goes away before its answer: nobody waits for what is still under way. */
  readonly departed: AbortSignal;
  /** Of the whole HTTP request: the operations of a batch share it. */
  readonly answerSize: AnswerSize;
}

/** What the steps before and after execution are given, too. */
export interface ServerContext extends GraphqlContext {
  readonly exchange: GraphqlExchange;
  /** Told of every error that the client sees. */
  readonly failed: Arrival['failed'];
}
