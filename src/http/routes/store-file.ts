/** `POST /files`: stores the raw body in one request. */
import type { Visibility } from '../../domain/model.ts';
import type { UseCases } from '../../domain/use-cases.ts';
import { badInput, GridholdError } from '../../errors/gridhold-error.ts';
import type { RouteHandler } from '../exchange.ts';
import { parseAttachTo } from '../receiving/attach-to.ts';
import { isForm, rawBody, refuseEncodings, refuseParts } from '../receiving/raw-body.ts';
import { storeAnswer } from '../receiving/store-answer.ts';

export function createStoreRoute(
  useCases: Pick<UseCases, 'checkMayStore' | 'storeFile' | 'fileAddress'>,
): RouteHandler {
  return async (exchange, _parameters, context) => {
    useCases.checkMayStore(context.caller);
    refuseEncodings(exchange);
    refuseParts(exchange);
    if (isForm(exchange)) {
      // It would be stored with its boundaries, which nobody wants.
      throw new GridholdError(
        'CONTENT_TYPE_NOT_ALLOWED',
        'Content-Type: POST /files takes the raw bytes of a file; forms go to an upload URL',
        { declared: exchange.header('content-type') },
      );
    }
    const { query } = exchange;
    const attachTo = query.get('attachTo');
    const input = {
      filename: query.get('filename'),
      visibility: parseVisibility(query.get('visibility')),
      attachTo: attachTo === null ? null : parseAttachTo(attachTo),
      idempotencyKey: exchange.header('idempotency-key'),
    };
    const result = await useCases.storeFile(rawBody(exchange), input, context.caller);
    return storeAnswer(result, context, useCases);
  };
}

function parseVisibility(value: string | null): Visibility | null {
  if (value === null) return null;
  if (/^public$/i.test(value)) return 'PUBLIC';
  if (/^private$/i.test(value)) return 'PRIVATE';
  throw badInput('visibility: expected public or private');
}
