/** How a body goes out: by XMLHttpRequest, which tells of progress in browsers and React Native, else by fetch. */
import type { Answer } from './answer.ts';
import type { ReadSource } from './file-source.ts';

export interface Sending {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReadSource['body'];
  /** Bytes, where known. */
  readonly size: number | null;
  readonly withCredentials: boolean;
  readonly signal: AbortSignal;
  /** Bytes handed over so far. It is called whenever something moved, from the beginning on. */
  onSent(bytes: number): void;
}

/**
 * @throws GridholdClientError NETWORK_ERROR, the signal's reason, or what the caller's own stream threw
 */
export type Send = (sending: Sending) => Promise<Answer>;
