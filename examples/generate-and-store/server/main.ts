/**
 * The server of the example: an app with Gridhold inside, next to a third party. Gridhold's routes that show files are
 * mounted; its GraphQL and its upload routes are not: only the server stores files here.
 */
import { resolve } from 'node:path';
import { createYoga } from 'graphql-yoga';
import { createGridhold } from 'gridhold';
import { maskError } from '../../server/graphql-errors.ts';
import { openMongodb } from '../../server/open-mongodb.ts';
import { ExampleError, runServer } from '../../server/run-server.ts';
import { readPort, readSettings, readText } from '../../server/settings.ts';
import { staticPage } from '../../server/static-page.ts';
import { openWebServer } from '../../server/web-server.ts';
import { startThirdParty } from '../third-party/image-api.ts';
import { openPictures } from './pictures.ts';
import { createSchema } from './schema.ts';
import { createThirdParty } from './third-party.ts';

const defaultTimeLimitMs = 30_000;

await runServer(async (stopped, signal) => {
  const settings = readSettings('generate-and-store');
  const timeLimitMs = readTimeLimitMs();
  const mongodb = await openMongodb(settings, signal);
  const server = await openWebServer(settings.port);
  // An address of somebody else's in earnest; the stand-in where none is given.
  const standIn = readText('THIRD_PARTY_URL') ? null : await startThirdParty(readPort('THIRD_PARTY_PORT', 0));
  const thirdPartyUrl = standIn?.url ?? readText('THIRD_PARTY_URL') ?? '';
  const database = { client: mongodb.client, database: settings.database };
  const gridhold = await createGridhold({ ...database, publicUrl: `${server.url}/files-api` });
  const pictures = await openPictures(database, gridhold, createThirdParty(thirdPartyUrl, timeLimitMs));
  const yoga = createYoga({
    schema: createSchema(pictures, gridhold),
    landingPage: false,
    multipart: false,
    cors: false,
    maskedErrors: { maskError },
  });
  server.serve([
    { path: '/graphql', handle: yoga },
    { path: '/files-api/files/', methods: ['GET', 'HEAD', 'OPTIONS'], handle: gridhold.handleNode },
    staticPage(resolve(import.meta.dirname, '../dist')),
  ]);
  process.stdout.write(`  Pictures  ${server.url}\n`);
  await stopped;
  await server.close();
  standIn?.close();
  await gridhold.close();
  await mongodb.close();
});

function readTimeLimitMs(): number {
  const text = readText('THIRD_PARTY_TIME_LIMIT_MS');
  if (text === null) return defaultTimeLimitMs;
  const milliseconds = Number(text);
  if (Number.isSafeInteger(milliseconds) && milliseconds > 0) return milliseconds;
  throw new ExampleError(`THIRD_PARTY_TIME_LIMIT_MS: must be a number of milliseconds, not ${text}`);
}
