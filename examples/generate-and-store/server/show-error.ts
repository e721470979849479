/** Gridhold's errors are safe to show: they reach the user with their code and details. What is unknown Yoga hides. */
import { GraphQLError } from 'graphql';
import { GridholdError } from 'gridhold';

export async function shown<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof GridholdError)) throw error;
    const { message, code, retryable, details } = error;
    throw new GraphQLError(message, { extensions: { code, retryable, ...details } });
  }
}
