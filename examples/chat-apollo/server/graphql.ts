/** GraphQL over HTTP. */
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createYoga } from 'graphql-yoga';
import { maskError } from '../../server/graphql-errors.ts';
import type { Handler } from '../../server/web-server.ts';
import { type ChatContext, schema } from './schema.ts';

export function createGraphql(context: ChatContext): Handler {
  return createYoga({
    schema,
    context,
    renderGraphiQL,
    landingPage: false,
    multipart: false,
    cors: false,
    maskedErrors: { maskError },
  });
}
