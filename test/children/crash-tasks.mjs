/** What a process may be in the middle of when it dies. */

/** @param seed repeated to the size, so that both sides have the same bytes without sending them */
export const bytesOf = ({ seed, size }) => Buffer.alloc(size, seed);

async function* inPieces(bytes) {
  const pieceBytes = 1024 * 1024;
  for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
    yield bytes.subarray(start, start + pieceBytes);
  }
}

export const tasks = {
  async upload({ gridhold }, { token, content }) {
    const bytes = bytesOf(content);
    const { file, created } = await gridhold.useCases.receiveUpload(token, async () => ({
      bytes: inPieces(bytes),
      declaredType: 'application/octet-stream',
      declaredLength: bytes.byteLength,
      filename: null,
      sha256: null,
    }));
    return { id: file.id, created };
  },
  async store({ gridhold }, { content, options }) {
    const { id } = await gridhold.store(inPieces(bytesOf(content)), options);
    return { id };
  },
  delete: ({ gridhold }, input) => gridhold.delete(input),
  sweep: ({ gridhold }, options) => gridhold.sweep(options),
};
