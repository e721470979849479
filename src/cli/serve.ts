/**
 * `gridhold serve`: the library in a frame. Order of the end: `/ready` says 503, nothing new is accepted, running
 * transfers end within the bound, the sweep stops, MongoDB is let go of.
 */
import { librarySettingsOf } from '../config/library-settings.ts';
import { isLoopbackHost } from '../config/loopback.ts';
import type { Settings } from '../config/settings.ts';
import { createGridhold } from '../gridhold.ts';
import { startServer } from '../http/server.ts';
import type { EmbeddedMongod, MongodExit } from '../storage/embedded/embedded-mongod.ts';
import { connect } from './connect.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { serviceLogger } from './service-logger.ts';
import { stopSignal } from './stop-signal.ts';

export async function serve(settings: Settings, print: (line: string) => void): Promise<ExitCode> {
  const stopping = stopSignal();
  const logger = serviceLogger(settings, 1);
  const mongo = await connect(settings, { onProgress: print, signal: stopping.signal });
  let exitCode: ExitCode = exitCodes.fine;
  try {
    const gridhold = await createGridhold({
      ...librarySettingsOf(settings),
      client: mongo.client,
      database: mongo.database,
      logger,
    });
    try {
      const { host, port, shutdownTimeoutMs } = settings;
      const server = await startServer({ edge: gridhold, host, port, shutdownTimeoutMs, logger });
      print('');
      print(`  ${settings.graphiql ? 'GraphiQL ' : 'GraphQL  '} ${settings.publicUrl ?? server.url}/graphql`);
      print(`  Data      ${mongo.place}`);
      if (settings.auth === 'none' && !isLoopbackHost(host)) {
        print('  Warning   everybody who reaches this is admin: GRIDHOLD_AUTH=none');
        logger.warn({ host }, 'Everybody who reaches this is admin: GRIDHOLD_AUTH is none');
      }
      print('');
      const why = await Promise.race([stopping.asked, endOf(mongo.embedded)]);
      if (typeof why === 'string') {
        logger.info({ event: 'stopping', why }, 'stopping');
      } else {
        exitCode = exitCodes.couldNotRun;
        logger.error({ event: 'stopping', why: 'MongoDB ended', mongod: why }, 'stopping: MongoDB ended');
      }
      gridhold.drain();
      await server.stop();
      logger.info({ event: 'stopped' }, 'stopped');
    } finally {
      await gridhold.close();
    }
  } finally {
    await mongo.close();
  }
  return exitCode;
}

/** How it ended, and where it says why. Never, where there is none. */
async function endOf(
  embedded: EmbeddedMongod | null,
): Promise<MongodExit & Pick<EmbeddedMongod, 'pid' | 'logPath'>> {
  if (!embedded) return await new Promise<never>(() => undefined);
  const { pid, logPath } = embedded;
  return { pid, ...(await embedded.exited), logPath };
}
