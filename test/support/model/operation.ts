/** One command of the model test: what it should do by the model, and what it does. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { GridholdError } from '../../../src/errors/gridhold-error.ts';
import type { Real } from './real.ts';
import { type Model, Refusal } from './state.ts';
import { expectedView, observedView } from './views.ts';

/** What came of a call: a refusal's code, or what can be said without IDs and times. */
export type Outcome = string | Readonly<Record<string, unknown>>;

export interface Operation<Input> {
  readonly name: string;
  readonly input: fc.Arbitrary<Input>;
  /** Changes the model, unless it refuses. */
  expected(model: Model, input: Input): Outcome;
  actual(real: Real, input: Input): Promise<Outcome>;
}

/** A refusal changes nothing, so the model is not put back. */
export function expectedOutcome(work: () => Outcome): Outcome {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

export async function actualOutcome(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GridholdError) return error.code;
    throw error;
  }
}

/** After it, the store is compared with the model in everything that can be seen of it. */
export function commandOf<Input>(operation: Operation<Input>): fc.Arbitrary<fc.AsyncCommand<Model, Real>> {
  return operation.input.map((input) => ({
    check: () => true,
    async run(model, real) {
      const expected = expectedOutcome(() => operation.expected(model, input));
      expect(await actualOutcome(() => operation.actual(real, input))).toEqual(expected);
      expect(await observedView(real)).toEqual(expectedView(model));
    },
    toString: () => `${operation.name} ${fc.stringify(input)}`,
  }));
}
