/** What the environment says about this chat, beside what all examples read. */
import { ExampleError } from '../../server/run-server.ts';
import { type ExampleSettings, readPort, readSettings, readText } from '../../server/settings.ts';
import type { ReconcileSettings } from './reconcile.ts';

export interface ChatSettings extends ExampleSettings {
  readonly pagePort: number;
  /** Null where a Gridhold is to be started next to the app. */
  readonly gridholdUrl: string | null;
  readonly gridholdBeside: {
    readonly port: number;
    readonly mongodbUri: string | null;
    readonly database: string;
  };
  readonly reconcile: ReconcileSettings;
}

const minuteMs = 60_000;

/** @throws ExampleError */
export function readChatSettings(): ChatSettings {
  const settings = { ...readSettings('chat-urql'), port: readPort('PORT', 3001) };
  const { mongodbUri, database } = settings;
  return {
    ...settings,
    pagePort: readPort('PAGE_PORT', 3000),
    gridholdUrl: readAddress('GRIDHOLD_URL'),
    gridholdBeside: { port: readPort('GRIDHOLD_PORT', 4000), mongodbUri, database: `${database}-gridhold` },
    reconcile: {
      intervalMs: readMilliseconds('RECONCILE_INTERVAL_MS', minuteMs),
      minAgeMs: readMilliseconds('RECONCILE_MIN_AGE_MS', minuteMs),
    },
  };
}

function readMilliseconds(key: string, otherwise: number): number {
  const text = readText(key);
  if (text === null) return otherwise;
  const milliseconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (milliseconds >= 0) return milliseconds;
  throw new ExampleError(`${key}: must be a number of milliseconds, not ${text}`);
}

/** Without a slash at its end; null where it is missing. */
function readAddress(key: string): string | null {
  const text = readText(key);
  if (text === null) return null;
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '');
  throw new ExampleError(`${key}: must be an http address, not ${text}`);
}
