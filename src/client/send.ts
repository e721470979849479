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
  /** Ends it: how it then fails does not matter. */
  readonly signal: AbortSignal;
  /** Bytes handed over so far. It is called whenever something moved, from the beginning on. */
  onSent(bytes: number): void;
}

/**
 * @throws GridholdClientError NETWORK_ERROR, or what the caller's own stream threw
 */
export type Send = (sending: Sending) => Promise<Answer>;

/** fetch tells of an address or a header that can't be sent as of a failed network: no repeat would mend it. */
export function refuseUnsendable(url: string, request: RequestInit): void {
  void new Request(url, request);
}
