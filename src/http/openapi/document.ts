/**
 * `/openapi.json`: the whole HTTP contract as OpenAPI 3.1, made of what the program itself goes by: the table of errors,
 * the limits, the settings. That it has every route of the route table, and no other, is a test's. Only `/` is left out:
 * it leads browsers to GraphiQL, and is no part of the contract.
 */
import type { HttpSettings } from '../http-settings.ts';
import { headers } from './headers.ts';
import { type PathItem, withFollowing } from './operations.ts';
import { parameters } from './parameters.ts';
import { graphqlPath } from './path-of-mount.ts';
import { filePaths } from './paths-of-files.ts';
import { operatorPaths } from './paths-of-operators.ts';
import { examplesIn } from './problems.ts';
import { type Part, schemas } from './schemas.ts';

const description = `Files for GraphQL apps: upload, hold, serve, collect. What HTTP has of it stands here; the GraphQL schema says the rest.

Every answer has \`X-Request-Id\`. Every error has a \`code\` of one table, by HTTP as a problem document (RFC 9457), by GraphQL in \`extensions\`. Paths and methods that are not here get 404 \`NOT_FOUND\` and 405 \`METHOD_NOT_ALLOWED\`.`;

export function openapiDocument(
  settings: Pick<HttpSettings, 'publicUrl' | 'auth' | 'maxUploadBytes'>,
  version: string,
): Part {
  const { publicUrl, auth, maxUploadBytes } = settings;
  const bearer = { bearer: [] };
  // Without authentication everybody may do everything.
  const caller: readonly Part[] = auth === 'none' ? [{}, bearer] : [bearer];
  const operator: readonly Part[] = [...caller, { metricsToken: [] }];
  const { files, file, upload } = filePaths({ maxUploadBytes, caller });
  const items: Readonly<Record<string, readonly [name: string, item: PathItem]>> = {
    '/graphql': ['Graphql', graphqlPath(caller)],
    '/upload/{token}': ['Upload', upload],
    '/files': ['Files', files],
    '/files/{id}': ['File', file('')],
    '/files/{id}/{filename}': ['FileWithName', file('WithName')],
    ...Object.fromEntries(
      Object.entries(operatorPaths(operator)).map(([path, item]) => [
        path,
        [
          path
            .slice(1)
            .replace(/^./, (letter) => letter.toUpperCase())
            .replace('.json', ''),
          item,
        ] as const,
      ]),
    ),
  };
  const paths = Object.fromEntries(
    Object.entries(items).map(([path, [name, item]]) => [path, withFollowing(name, item)]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gridhold',
      version,
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl ?? '/' }],
    tags: [
      { name: 'graphql', description: 'GraphQL over HTTP.' },
      { name: 'uploads', description: 'Bytes in, by a temporary URL.' },
      { name: 'files', description: 'Bytes in and out.' },
      { name: 'operating', description: 'For whoever runs the service, or describes it.' },
    ],
    paths,
    components: {
      schemas,
      parameters,
      headers,
      examples: examplesIn(paths),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'The key of an app or an admin (`gridhold key create`), or the JSON Web Token of a user.',
        },
        signature: {
          type: 'apiKey',
          in: 'query',
          name: 'signature',
          description: 'With `expires`: as `File.url` has them for a private file.',
        },
        metricsToken: {
          type: 'http',
          scheme: 'bearer',
          description: '`GRIDHOLD_METRICS_TOKEN`: for `/metrics` and nothing else.',
        },
      },
    },
  };
}
