/** What people may write, and the words where they may not. Spaces around it are not theirs. */
import { GraphQLError } from 'graphql';

const mostBodyCharacters = 2_000;
const mostAuthorCharacters = 50;
const count = new Intl.NumberFormat('en');

/** @throws GraphQLError BAD_USER_INPUT */
export function checkBody(body: string): string {
  return checkText(body, mostBodyCharacters, 'A message', 'There is nothing to send: the message is empty.');
}

/** @throws GraphQLError BAD_USER_INPUT */
export function checkAuthor(author: string | null): string {
  const words = 'Somebody must have sent it: the author is empty.';
  return checkText(author ?? '', mostAuthorCharacters, 'An author’s name', words);
}

/**
 * @param what of the words where it is too long
 * @param whereEmpty the words
 * @throws GraphQLError BAD_USER_INPUT
 */
export function checkText(text: string, mostCharacters: number, what: string, whereEmpty: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw badInput(whereEmpty);
  // By code points: a text's own length counts many a character twice.
  const characters = [...trimmed].length;
  if (characters <= mostCharacters) return trimmed;
  throw badInput(
    `${what} may have up to ${count.format(mostCharacters)} characters, not ${count.format(characters)}.`,
  );
}

/** @throws GraphQLError BAD_USER_INPUT */
export function checkLast(last: number, most: number): number {
  if (last >= 1 && last <= most) return last;
  throw badInput(`last: must be 1 to ${most}, not ${last}.`);
}

function badInput(words: string): GraphQLError {
  return new GraphQLError(words, { extensions: { code: 'BAD_USER_INPUT' } });
}
