/** The service's log: JSON, one line an event (pino). No line holds a URL; what might hold a secret is struck out. */
import { type Logger, pino } from 'pino';
import type { Settings } from '../config/settings.ts';

/** @param descriptor 1: stdout, 2: stderr */
export function serviceLogger(settings: Pick<Settings, 'logLevel'>, descriptor: 1 | 2): Logger {
  return pino(
    {
      level: settings.logLevel,
      redact: ['*.authorization', '*.cookie', '*.token', '*.signature', '*.secret'],
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: descriptor, sync: true }),
  );
}
