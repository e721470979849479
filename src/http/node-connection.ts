/** What the parts of the node:http adaptor share. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../domain/logger.ts';
import type { RequestHead } from './exchange.ts';
import type { EdgeLimits, HttpSettings } from './http-settings.ts';
import type { LeastProgress } from './least-progress.ts';
import type { Visit } from './visit.ts';

export interface NodeAdaptorOptions {
  readonly receive: (head: RequestHead) => Visit;
  readonly settings: HttpSettings;
  readonly limits: EdgeLimits;
  readonly leastProgress: LeastProgress;
  readonly logger: Logger;
  readonly isDraining: () => boolean;
}

/** A request at hand, as node:http has it. */
export interface NodeConnection {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly head: RequestHead;
  readonly awaitsContinue: boolean;
  readonly hasBody: boolean;
  /** Aborted when the client goes away before its answer is complete. */
  readonly departed: AbortSignal;
  /** Resolves when the answer is complete or the client is gone. */
  readonly closed: Promise<void>;
}
