/**
 * What a file is: the front door to media types for the rest of the domain. A stored type comes from what the client
 * declared and what the first bytes show; `resolve` weighs the two, `detect` reads the bytes, `containers` knows which
 * types share a signature, `patterns` says what may be stored, and `shown-by-bytes` what the bytes of such a file must
 * show. How a type is served is the HTTP edge's to decide.
 */
export {
  type ContentTypeSniffer,
  contentTypeSniffer,
  detectContentType,
  maximumHeadBytes,
} from './content-type/detect.ts';
export { contentTypeEssence, parseContentType } from './content-type/media-type.ts';
export { type PartTypes, watchPartTypes } from './content-type/part-types.ts';
export { contentTypeAllowed, narrowContentTypes, parseContentTypePatterns } from './content-type/patterns.ts';
export { resolveContentType } from './content-type/resolve.ts';
export { missingEvidence } from './content-type/shown-by-bytes.ts';
