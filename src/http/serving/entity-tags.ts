/** Entity tags (RFC 9110, section 8.8.3). Ours are strong: the SHA-256 of bytes that never change. */

interface EntityTag {
  readonly isWeak: boolean;
  /** With its quotes. */
  readonly opaque: string;
}

const oneTag = /^(W\/)?("[\x21\x23-\x7e\x80-\xff]*")$/;

/** `*`, or the tags of a list. What is no tag matches nothing. */
export function parseEntityTags(value: string): '*' | readonly EntityTag[] {
  if (value.trim() === '*') return '*';
  // A tag may hold commas, so the list is not split at them.
  const found = value.matchAll(/(W\/)?("[\x21\x23-\x7e\x80-\xff]*")|[^\s,]+/g);
  return Array.from(found, ([, weak, opaque]) =>
    opaque === undefined ? [] : [{ isWeak: weak !== undefined, opaque }],
  ).flat();
}

export function parseEntityTag(value: string): EntityTag | null {
  const match = oneTag.exec(value.trim());
  return match?.[2] === undefined ? null : { isWeak: match[1] !== undefined, opaque: match[2] };
}

/** RFC 9110, section 8.8.3.2: equal, and neither is weak. */
export function matchesStrongly(tags: '*' | readonly EntityTag[], etag: string): boolean {
  return tags === '*' || tags.some((tag) => !tag.isWeak && tag.opaque === etag);
}

export function matchesWeakly(tags: '*' | readonly EntityTag[], etag: string): boolean {
  return tags === '*' || tags.some((tag) => tag.opaque === etag);
}
