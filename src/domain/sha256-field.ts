/** A SHA-256 as digest headers name it (RFC 9530, section 2): in what is served, and in what is sent to third parties. */
export function sha256Field(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
}
