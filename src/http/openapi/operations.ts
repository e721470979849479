/** What operations of the document have in common, and the methods that follow from others: HEAD and OPTIONS. */
import { headersNamed } from './headers.ts';
import { problems } from './problems.ts';
import { type Part, reference } from './schemas.ts';

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Part[];
  readonly parameters?: readonly Part[];
  readonly requestBody?: Part;
  readonly responses: Readonly<Record<string, Part>>;
}

export type PathItem = Readonly<Partial<Record<'get' | 'head' | 'post' | 'put' | 'options', Operation>>> & {
  readonly parameters?: readonly Part[];
};

/** Nobody asks who it is. */
export const open: readonly Part[] = [];

export const parameter = (name: string): Part => reference('parameters', name);

/** With HEAD where there is a GET, and with OPTIONS: the router does the same. GraphQL has no HEAD. */
export function withFollowing(name: string, item: PathItem): PathItem {
  const { get } = item;
  const tags = (get ?? item.post)?.tags ?? [];
  return {
    ...item,
    ...(get && name !== 'Graphql' ? { head: headOf(name, get) } : {}),
    options: {
      operationId: `options${name}`,
      tags,
      summary: 'CORS, and which methods there are',
      security: open,
      responses: {
        '204': {
          description: 'The methods; to a preflight, what it asked for.',
          headers: headersNamed(
            'X-Request-Id',
            'Allow',
            'Access-Control-Allow-Methods',
            'Access-Control-Allow-Headers',
            'Access-Control-Max-Age',
          ),
        },
        ...problems([]),
      },
    },
  };
}

/** RFC 9110, section 9.3.2: as GET without the body. `Range` does not count for it (section 14.2). */
function headOf(name: string, get: Operation): Operation {
  const kept = Object.entries(get.responses).filter(([status]) => !['206', '416'].includes(status));
  const responses = kept.map(([status, response]) => {
    const { content, links, ...others } = response;
    return [status, others] as const;
  });
  return {
    ...get,
    operationId: `head${name}`,
    summary: `${get.summary}: the headers alone`,
    responses: Object.fromEntries(responses),
  };
}
