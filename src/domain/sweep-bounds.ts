/** The bounds of one pass of the sweep, in one place. What a pass does is sweep.ts. */

/** Items of one kind that are read at once, and of most kinds in one pass. */
export const mostItemsPerPass = 1_000;
/** Files in one pass: so many may be in use by others, and the pass still gets beyond them. */
export const mostFilesPerPass = 10_000;
/** Milliseconds that one item may take: another's open transaction must not hold up a pass. */
export const stepTimeoutMs = 2_000;
