/**
 * What a browser may show instead of saving, and under which policy. Files come from anybody, and are served from an
 * origin that may be the app's own: nothing that is served here may run script.
 */

/** Raster images by name; `image/*` would let XML in. */
const rasterImages = new Set([
  'image/apng',
  'image/avif',
  'image/bmp',
  'image/gif',
  'image/heic',
  'image/heif',
  'image/jpeg',
  'image/jxl',
  'image/png',
  'image/tiff',
  'image/vnd.microsoft.icon',
  'image/webp',
  'image/x-icon',
]);

/**
 * No script, no plug-in but the browser's own viewers, no form, no frame, no request to anybody else. What is allowed
 * is what Chromium's documents for a single image, video or PDF are made of.
 */
const viewerPolicy =
  "default-src 'none'; img-src 'self'; media-src 'self'; object-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** An origin of its own, beside no script: a document that may hold markup. */
const sandboxPolicy =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox";

export interface Display {
  readonly isInline: boolean;
  readonly contentSecurityPolicy: string;
}

export function displayOf(contentType: string): Display {
  const essence = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  // A suffix such as `+xml` makes a document of it.
  const isMedia = /^(?:audio|video)\/[a-z\d.-]+$/.test(essence);
  if (isMedia || rasterImages.has(essence) || essence === 'application/pdf' || essence === 'text/plain') {
    return { isInline: true, contentSecurityPolicy: viewerPolicy };
  }
  return { isInline: essence === 'image/svg+xml', contentSecurityPolicy: sandboxPolicy };
}
