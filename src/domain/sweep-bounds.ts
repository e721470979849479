/** Items of one kind that are read at once, and of most kinds in one pass. */
export const mostItemsPerPass = 1_000;
/** Files in one pass: so many may be in the way, and the pass still gets beyond them. */
export const mostFilesPerPass = 10_000;
/** Milliseconds that one item may take: another's open transaction must not hold up a pass. */
export const stepTimeoutMs = 2_000;
