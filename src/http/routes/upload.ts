/**
 * `/upload/{token}`: takes the bytes of one file, raw or as a form; in a browser, shows the form. Browsers that post
 * the form without script ask for HTML, and get answers that people can read.
 *
 * Follow an upload: here → domain/receive-upload.ts (the order of writes, and what a crash leaves) →
 * domain/stage-file.ts, which passes the bytes through domain/receive-bytes.ts (limits, hash, type) into
 * storage/blob-writer.ts (chunks under a lease) → domain/finalize.ts (one transaction makes them a file).
 */

import type { IncomingBytes } from '../../domain/incoming-bytes.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { bareAddress } from '../../domain/urls.ts';
import type { UseCases } from '../../domain/use-cases.ts';
import { errorHeaders } from '../../errors/error-headers.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';
import type { Answer, Exchange, RouteHandler } from '../exchange.ts';
import { announcedSha256 } from '../receiving/digest-headers.ts';
import { type FormReader, maxFormOverheadBytes, readForm } from '../receiving/form-file.ts';
import { isForm, rawBody, refuseEncodings, refuseParts } from '../receiving/raw-body.ts';
import { storeAnswer } from '../receiving/store-answer.ts';
import { errorPage, storedPage, uploadFormPage } from './upload-pages.ts';

export function createUploadRoute(
  useCases: Pick<UseCases, 'receiveUpload' | 'uploadUrlByToken' | 'fileAddress'>,
): { readonly show: RouteHandler; readonly receive: RouteHandler } {
  return {
    show: (exchange, [token = '']) =>
      inWords(exchange, async () => {
        const uploadUrl = await useCases.uploadUrlByToken(token);
        if (uploadUrl.status === 'STORED') throw used();
        if (uploadUrl.status === 'EXPIRED') throw expired(uploadUrl.expiresAt);
        return uploadFormPage(uploadUrl);
      }),

    receive: (exchange, [token = ''], context) =>
      inWords(exchange, async () => {
        if (isForm(exchange)) return await receiveForm(exchange, token, context);
        const open = async (): Promise<IncomingBytes> => {
          refuseEncodings(exchange);
          refuseParts(exchange);
          return rawBody(exchange);
        };
        return storeAnswer(await useCases.receiveUpload(token, open), context, useCases);
      }),
  };

  async function receiveForm(exchange: Exchange, token: string, context: RequestContext): Promise<Answer> {
    // TypeScript does not see that `open` assigns it, and would take it for null for ever.
    let form = null as FormReader | null;
    const open = async (): Promise<IncomingBytes> => {
      refuseEncodings(exchange);
      refuseParts(exchange);
      await refuseOversized(exchange, token);
      form = readForm(exchange.body.open(), exchange.header('content-type') ?? '', announcedSha256(exchange));
      const file = await form.file;
      return {
        bytes: file.bytes,
        declaredType: file.declaredType,
        declaredLength: null,
        filename: exchange.query.get('filename') ?? file.filename,
        // A form's digest is not the file's: the form's reader checks it.
        sha256: null,
      };
    };
    try {
      const result = await useCases.receiveUpload(token, open);
      if (!asksForHtml(exchange)) return storeAnswer(result, context, useCases);
      return storedPage(result, bareAddress(result.file, context.baseUrl), context.caller);
    } finally {
      form?.stop();
    }
  }

  /** A form's length is not the file's, but one that is over the limit by more than a form may add is too long. */
  async function refuseOversized(exchange: Exchange, token: string): Promise<void> {
    const { length } = exchange.body;
    if (length === null || length <= maxFormOverheadBytes) return;
    const { maxSize } = await useCases.uploadUrlByToken(token);
    if (length - maxFormOverheadBytes <= maxSize) return;
    throw new GridholdError('FILE_TOO_LARGE', `The file is over the limit of ${maxSize} bytes`, { maxSize });
  }
}

async function inWords(exchange: Exchange, answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof GridholdError) || !asksForHtml(exchange)) throw error;
    return errorPage(error, { canRetry: exchange.method === 'POST', headers: errorHeaders(error) });
  }
}

/** Only browsers that navigate name it; fetch and curl ask for anything. */
function asksForHtml(exchange: Exchange): boolean {
  const accept = exchange.header('accept') ?? '';
  return accept.split(',').some((range) => /^\s*text\/html\s*(?:;(?!\s*q=0(?:\.0*)?\s*$)|$)/i.test(range));
}

function used(): GridholdError {
  return new GridholdError('UPLOAD_URL_USED', 'This upload URL has stored its file; each stores one');
}

function expired(expiresAt: Date): GridholdError {
  return new GridholdError('UPLOAD_URL_EXPIRED', `This upload URL expired at ${expiresAt.toISOString()}`);
}
