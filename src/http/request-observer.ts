/** What the edge tells of its requests to whoever counts them. Calls return at once and never throw. */

/** `upload` and `download` may take long; how many are under way is worth knowing. */
export type RequestKind = 'upload' | 'download' | 'other';

/** Bytes of content so far. */
export interface Transfer {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface RequestOutcome {
  /** Null where the client left before it was known. */
  readonly status: number | null;
  readonly durationMs: number;
  readonly isBroken: boolean;
}

export interface RequestObserver {
  /**
   * A request has come in. `read` may be called at any time until the end, and once in it.
   * @param request.route a pattern of the route table, never a path
   * @param request.method as the client wrote it
   */
  begin(
    request: { readonly route: string; readonly method: string; readonly kind: RequestKind },
    read: () => Transfer,
  ): (outcome: RequestOutcome) => void;
  /** An error that a client is told, or would be. */
  failed(edge: 'http' | 'graphql', code: string): void;
}
