/**
 * The contract's scalars: those of graphql-scalars under our own descriptions, and `Upload`. How a file comes in is
 * left to uploads/.
 */
import { GraphQLError, GraphQLScalarType, visit } from 'graphql';
import { GraphQLDateTime, GraphQLJSONObject, GraphQLSafeInt, GraphQLURL } from 'graphql-scalars';
import type { JsonObject } from '../domain/model.ts';
import { IncomingUpload } from './uploads/incoming-upload.ts';

function described(scalar: GraphQLScalarType, description: string): GraphQLScalarType {
  return new GraphQLScalarType({ ...scalar.toConfig(), description });
}

export const dateTime = described(
  GraphQLDateTime,
  'A moment, as RFC 3339 writes it: `2026-11-22T21:30:00.000Z`. Answers are always in UTC.',
);

export const safeInt = described(
  GraphQLSafeInt,
  'A whole number up to 2^53 - 1. Sizes in bytes are of this type, because `Int` ends at 2 GiB.',
);

export const url = described(GraphQLURL, 'An absolute URL.');

/** The executor takes any object with a `then` for a promise, and JSON may hold any key: so it goes out wrapped. */
export interface WrappedJson {
  toJSON(): JsonObject;
}

export function wrapJson(value: JsonObject): WrappedJson {
  return { toJSON: () => value };
}

/**
 * Inside of a literal, variables of any type may stand: `{photo: $file}`. Only what is JSON passes, and it comes out as
 * plain objects, as it does from a variable.
 */
export const jsonObject = new GraphQLScalarType({
  ...GraphQLJSONObject.toConfig(),
  description: 'Any JSON object. What is inside is yours: it comes back as it was given.',
  serialize: (wrapped) => wrapped,
  parseLiteral(node, variables) {
    visit(node, {
      EnumValue({ value }) {
        throw new GraphQLError(`${value} is no JSON: text stands in quotes.`, { nodes: node });
      },
    });
    const parsed: unknown = JSON.parse(JSON.stringify(GraphQLJSONObject.parseLiteral(node, variables)));
    return parsed;
  },
});

/** GraphQL multipart request specification: the server puts the file in the place of the variable's null. */
export const upload = new GraphQLScalarType<IncomingUpload, never>({
  name: 'Upload',
  description:
    'A file in the request itself, by the [GraphQL multipart request specification](https://github.com/jaydenseric/graphql-multipart-request-spec). ' +
    'Send `multipart/form-data` with the parts `operations`, `map` and the file, and the header `apollo-require-preflight: 1`.',
  specifiedByURL: 'https://github.com/jaydenseric/graphql-multipart-request-spec',
  parseValue(value) {
    if (!(value instanceof IncomingUpload)) {
      throw new GraphQLError('A file comes as a part of a multipart request, not inside of the JSON.');
    }
    value.begin();
    return value;
  },
  parseLiteral(node) {
    throw new GraphQLError('A file can not be written into a query: use a variable.', { nodes: node });
  },
  serialize() {
    throw new GraphQLError('A file does not come back through GraphQL: ask for its `url`.');
  },
});
