/** The edge logs as the rules do. */
export type { Logger } from '../domain/logger.ts';
