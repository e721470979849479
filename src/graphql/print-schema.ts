/** For `gridhold schema`, and for the test that holds schema.graphql against the program. */
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './schema/index.ts';

/** The text of the committed schema.graphql, sorted, so that a change of the schema is a change of its own lines. */
export function printGridholdSchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
