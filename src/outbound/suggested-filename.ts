/** The name that a third party gives a file, for where the caller gave none. It is a suggestion, and never a path. */
import { parse } from 'content-disposition';

const mostCharacters = 1_024;

/** @param url the one that answered, after all redirects */
export function suggestedFilename(url: URL, contentDisposition: string | null): string | null {
  const named = contentDisposition === null ? undefined : parse(contentDisposition).parameters['filename'];
  return lastPart(named ?? '') ?? lastPart(decoded(url.pathname.split('/').at(-1) ?? ''));
}

/** RFC 6266, section 4.3: what looks like a path counts by its last part only. */
function lastPart(name: string): string | null {
  const last =
    name
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/\p{Cc}/gu, '')
      .toWellFormed() ?? '';
  const short = [...last].slice(0, mostCharacters).join('');
  return short === '' ? null : short;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
