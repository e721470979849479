/**
 * Ends exchanges that make no progress, long before the time for the whole is over. The bound is on silence, by the
 * socket's own timer, which sees also what the kernel takes; while the third party waits for us, it is not counted.
 */
import type { Socket } from 'node:net';

export interface SilenceLimits {
  /** While bytes are under way, in either direction. */
  readonly transferMs: number;
  /** Between the request and the head of its answer: it may have to be made first. */
  readonly answerMs: number;
}

/** Whose move is next: it shall take our bytes, answer, or go on with its answer; or we are the slow ones. */
export type Awaited = 'taking' | 'answer' | 'rest' | 'us';

const complaints = {
  taking: 'took nothing for',
  answer: 'did not answer for',
  rest: 'sent nothing for',
};

export function watchSilence(
  socket: Socket,
  limits: SilenceLimits,
  awaited: () => Awaited,
  fail: (how: string) => void,
): void {
  const { transferMs, answerMs } = limits;
  let movedBefore = -1;
  let silentMs = 0;
  socket.setTimeout(transferMs).on('timeout', () => {
    const moved = socket.bytesRead + socket.bytesWritten;
    silentMs = moved === movedBefore ? silentMs + transferMs : transferMs;
    movedBefore = moved;
    const what = awaited();
    if (what !== 'us' && silentMs >= (what === 'answer' ? answerMs : transferMs)) {
      fail(`${complaints[what]} ${silentMs / 1000} s`);
    } else if (!socket.destroyed) {
      socket.setTimeout(transferMs);
    }
  });
}
