/** How many bytes the answer to an HTTP request has so far. What is counted is left to count-answers.ts. */
import { queryLimits } from './query-limits.ts';

export class AnswerSize {
  #bytes = 0;

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  get isOver(): boolean {
    return this.#bytes > queryLimits.answerBytes;
  }
}
