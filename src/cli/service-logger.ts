/** The service's log: JSON, one line an event (pino). No line holds a URL; what might hold a secret is struck out. */
import { type Logger, pino } from 'pino';
import type { Settings } from '../config/settings.ts';

/** What waits for a log that can't be written, before lines are lost. */
const mostWaitingBytes = 1024 * 1024;

/** @param descriptor 1: stdout, 2: stderr */
export function serviceLogger(settings: Pick<Settings, 'logLevel'>, descriptor: 1 | 2): Logger {
  const destination = pino.destination({ dest: descriptor, sync: true, maxLength: mostWaitingBytes });
  // A full disk under the log is no reason to serve nobody. It is tried again with every line.
  let isTold = false;
  destination.on('error', (error: Error) => {
    if (isTold) return;
    isTold = true;
    process.stderr.write(`The log can't be written, and loses lines: ${error.message}\n`);
  });
  return pino(
    {
      level: settings.logLevel,
      redact: ['*.authorization', '*.cookie', '*.token', '*.signature', '*.secret'],
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination,
  );
}
