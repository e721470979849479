/** The types of documents that are packed as ZIP, by the name of their makers' trees (RFC 6838, section 3.2). */
import { supportedMimeTypes } from 'file-type';

/** What signatures are known for. */
export const typesWithSignature: readonly string[] = [...supportedMimeTypes].map((type) =>
  type.toLowerCase(),
);
export const officeDocuments = typesWithSignature.filter((type) =>
  /^application\/vnd\.(?:openxmlformats-officedocument|ms-(?:word|excel|powerpoint))\./.test(type),
);
export const openDocuments = typesWithSignature.filter((type) =>
  type.startsWith('application/vnd.oasis.opendocument.'),
);
export const officeTypes: readonly string[] = [...officeDocuments, ...openDocuments];
