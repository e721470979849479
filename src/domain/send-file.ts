/** Sends a file's bytes to a third party. Nothing is written here; which addresses may be reached is outbound's. */
import type { OutgoingBody } from '../outbound/exchange.ts';
import { checkHeaders, checkMethod } from '../outbound/request-headers.ts';
import { checkMay, ownersWithin } from './access.ts';
import { askThirdParty } from './ask-third-party.ts';
import type { DomainContext } from './context.ts';
import { fileNotFound } from './file-not-found.ts';
import type { Caller, SendFileInput, StoredFile } from './model.ts';
import { readBytes } from './read-bytes.ts';
import { filesByIds } from './read-files.ts';
import { sha256Field } from './sha256-field.ts';

export async function sendFile(
  context: DomainContext,
  id: string,
  to: SendFileInput,
  caller: Caller,
  signal: AbortSignal = new AbortController().signal,
): Promise<{ readonly status: number }> {
  ownersWithin(caller, 'change');
  const { url } = to;
  const method = checkMethod(to.method);
  const headers = checkHeaders(to.headers);
  const file = checkMay(caller, 'change', id, await fileToSend(context, id, caller));
  const sent = { method, headers, fileHeaders: headersOf(file), body: bodyOf(context, file, signal) };
  return await askThirdParty(context, { event: 'send', url, caller, fileId: file.id }, async () => {
    try {
      return { status: await context.outbound.sendFile(url, sent, signal, caller.id) };
    } catch (error) {
      // Deleted while it went out: the third party saw the transfer break.
      const isGone = !signal.aborted && (await isGoneNow(context, id, caller));
      throw isGone ? fileNotFound([id]) : error;
    }
  });
}

async function fileToSend(context: DomainContext, id: string, caller: Caller): Promise<StoredFile | null> {
  const [file = null] = await filesByIds(context, [id], caller);
  return file;
}

async function isGoneNow(context: DomainContext, id: string, caller: Caller): Promise<boolean> {
  try {
    return (await fileToSend(context, id, caller)) === null;
  } catch {
    return false;
  }
}

function headersOf({ contentType, sha256 }: StoredFile): Record<string, string> {
  return {
    'content-type': contentType,
    'content-digest': sha256Field(sha256),
  };
}

/** Read anew for each hop: a redirect that keeps the method wants the bytes again. */
function bodyOf(context: DomainContext, file: StoredFile, signal: AbortSignal): OutgoingBody {
  return { length: file.size, open: () => readBytes(context, file, undefined, signal) };
}
