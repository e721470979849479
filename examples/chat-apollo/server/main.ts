/** The chat's server, put together: the app's own GraphQL, and Gridhold inside it, on one MongoDB and one port. */
import { resolve } from 'node:path';
import { createGridhold } from 'gridhold';
import { openMongodb } from '../../server/open-mongodb.ts';
import { runServer } from '../../server/run-server.ts';
import { readSettings } from '../../server/settings.ts';
import { staticPage } from '../../server/static-page.ts';
import { openWebServer } from '../../server/web-server.ts';
import { fileRoutes } from './file-routes.ts';
import { createGraphql } from './graphql.ts';
import { imageTypes, mostImageBytes } from './image-limits.ts';
import { openMessages } from './messages.ts';

await runServer(async (stopped, signal) => {
  const settings = readSettings('chat-apollo');
  const server = await openWebServer(settings.port);
  const { client, close } = await openMongodb(settings, signal);
  const gridhold = await createGridhold({
    client,
    database: settings.database,
    publicUrl: `${server.url}/files-api`,
    contentTypes: imageTypes,
    maxUploadBytes: mostImageBytes,
  });
  const messages = await openMessages(client, settings.database, gridhold);

  server.serve([
    { path: '/graphql', handle: createGraphql({ gridhold, messages }) },
    ...fileRoutes('/files-api', gridhold),
    staticPage(resolve(import.meta.dirname, '../dist')),
  ]);
  process.stdout.write(`  Chat  ${server.url}\n`);

  await stopped;
  await server.close();
  await gridhold.close();
  await close();
});
