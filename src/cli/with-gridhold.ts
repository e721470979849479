/** The library for one command: on the MongoDB of the settings, without a sweep of its own, closed at the end. */
import { librarySettingsOf } from '../config/library-settings.ts';
import type { Settings } from '../config/settings.ts';
import { createGridhold, type Gridhold, type GridholdOptions } from '../gridhold.ts';
import { type Connecting, connectCommand } from './connect.ts';

export interface OpenedGridhold {
  readonly gridhold: Gridhold;
  /** Where the data lies, for people. */
  readonly place: string;
}

export async function withGridhold<T>(
  settings: Settings,
  options: Connecting & {
    readonly mayCreate: boolean;
    readonly logger?: NonNullable<GridholdOptions['logger']>;
  },
  work: (opened: OpenedGridhold) => Promise<T>,
): Promise<T> {
  const { logger, ...connecting } = options;
  const mongo = await connectCommand(settings, connecting);
  try {
    const gridhold = await createGridhold({
      ...librarySettingsOf(settings),
      client: mongo.client,
      database: mongo.database,
      sweepIntervalMs: 'off',
      ...(logger ? { logger } : {}),
    });
    return await work({ gridhold, place: mongo.place });
  } finally {
    await mongo.close();
  }
}
