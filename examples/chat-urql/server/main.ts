/**
 * The servers of the example: the page on PAGE_PORT, the API on PORT, and Gridhold elsewhere (GRIDHOLD_URL), or next to
 * them on GRIDHOLD_PORT where none is named. The API shares no database with Gridhold: it speaks to it by HTTP.
 */
import { resolve } from 'node:path';
import { createYoga } from 'graphql-yoga';
import { createGridholdClient } from 'gridhold/client';
import { openMongodb } from '../../server/open-mongodb.ts';
import { runServer } from '../../server/run-server.ts';
import { staticPage } from '../../server/static-page.ts';
import { openWebServer } from '../../server/web-server.ts';
import { createApi } from './api.ts';
import { readChatSettings } from './chat-settings.ts';
import { createGetImage } from './get-image.ts';
import { openMessages } from './messages.ts';
import { startReconciling } from './reconcile.ts';
import { createSchema } from './schema.ts';
import { createSendImage } from './send-image.ts';
import { startGridhold } from './start-gridhold.ts';

/** Somebody waits for the answer: words soon are better than success late. */
const gridholdRetries = 2;

await runServer(async (stopped, signal) => {
  const settings = readChatSettings();
  const mongodb = await openMongodb(settings, signal);
  const page = await openWebServer(settings.pagePort, 'PAGE_PORT');
  const apiServer = await openWebServer(settings.port);
  const beside = settings.gridholdUrl === null ? await startGridhold(settings.gridholdBeside) : null;
  const gridholdUrl = settings.gridholdUrl ?? beside?.url ?? '';
  const gridhold = createGridholdClient({ url: gridholdUrl, retries: gridholdRetries });

  const messages = await openMessages(mongodb.client, settings.database);
  const stopReconciling = startReconciling(gridhold, messages, settings.reconcile);

  // Both names of this machine: whoever types the one shall not get errors of CORS by it.
  const origins = [page.url, page.url.replace('localhost', '127.0.0.1')];
  const yoga = createYoga({
    schema: createSchema(messages, gridhold, apiServer.url),
    landingPage: false,
    multipart: false,
    cors: false,
  });
  const getImage = createGetImage(gridholdUrl, messages);
  const sendImage = createSendImage(gridhold, messages, apiServer.url);
  const api = createApi(
    {
      '/graphql': { methods: ['GET', 'POST'], handle: (request, response) => yoga(request, response) },
      '/sendImage': { methods: ['POST'], handle: sendImage },
      '/getImage': { methods: ['GET', 'HEAD'], handle: getImage },
    },
    origins,
  );
  apiServer.serve([{ path: '/', handle: api }], origins);
  page.serve([
    {
      path: '/config.json',
      methods: ['GET'],
      handle: (_, response) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ api: apiServer.url }));
      },
    },
    staticPage(resolve(import.meta.dirname, '../dist')),
  ]);
  process.stdout.write(`  Chat  ${page.url}\n`);

  try {
    await Promise.race([stopped, beside?.died ?? stopped]);
  } finally {
    await Promise.all([page.close(), apiServer.close(), stopReconciling()]);
    await beside?.stop();
    await mongodb.close();
  }
});
