/** A SHA-256 as digest headers have it (RFC 9530, section 2): of what is served, and of what third parties are sent. */
export function sha256Field(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
}
