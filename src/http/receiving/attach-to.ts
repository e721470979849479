/** `?attachTo=collection/documentId[/field]`. */
import type { AttachToInput } from '../../domain/model.ts';
import { badInput } from '../../errors/gridhold-error.ts';

/** The query is decoded already; each part is decoded once more, so that it may hold a slash. @throws BAD_USER_INPUT */
export function parseAttachTo(value: string): AttachToInput {
  const [collection, documentId, field, ...rest] = value.split('/').map(decodePart);
  if (collection === undefined || documentId === undefined || rest.length > 0) {
    throw badInput('attachTo: expected collection/documentId or collection/documentId/field');
  }
  return { document: { collection, documentId }, ...(field === undefined ? {} : { field }) };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badInput('attachTo: a part is not valid percent-encoding');
  }
}
