/** How memory-server-main.ts tells memory-server.ts what it found, between lines of progress. */
export const foundPrefix = 'found: ';
