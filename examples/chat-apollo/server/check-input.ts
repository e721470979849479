/** What people may send, and the words where they may not. */
import { GraphQLError } from 'graphql';

const mostBodyCharacters = 2_000;
const mostAuthorCharacters = 50;
const mostMessages = 100;

export function checkBody(body: string): string {
  if (body.trim() === '') throw badInput('There is nothing to send: the message is empty.');
  return checkLength(body, mostBodyCharacters, 'A message');
}

export function checkAuthor(author: string): string {
  if (author.trim() === '') throw badInput('Somebody must have sent it: the author is empty.');
  return checkLength(author, mostAuthorCharacters, 'An author’s name');
}

export function checkLast(last: number): number {
  if (last >= 1 && last <= mostMessages) return last;
  throw badInput(`last: must be 1 to ${mostMessages}, not ${last}.`);
}

function checkLength(text: string, most: number, what: string): string {
  if (text.length <= most) return text;
  const count = new Intl.NumberFormat('en');
  throw badInput(
    `${what} may have up to ${count.format(most)} characters, not ${count.format(text.length)}.`,
  );
}

function badInput(words: string): GraphQLError {
  return new GraphQLError(words, { extensions: { code: 'BAD_USER_INPUT' } });
}
