/**
 * How many bytes an answer has, counted while it comes to be: names, values and errors of the whole schema's fields, of
 * all operations of a request together. Once over the limit, nothing sizeable is added; refusing it then is left to
 * plugins/use-answer-limit.ts, and so is introspection, whose types are GraphQL.js's own.
 */
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { AnswerSize } from './answer-size.ts';
import type { GraphqlContext } from './context.ts';
import { wrapJson } from './scalars.ts';

type Field = GraphQLField<unknown, GraphqlContext>;
type Resolve = NonNullable<Field['resolve']>;

/** What stands for values of any length in an answer that nobody gets: no errors, of which there would be as many. */
const substitutes: Readonly<Record<string, unknown>> = {
  String: '',
  ID: '',
  URL: 'about:blank',
  JSONObject: wrapJson({}),
};

/** Quotes, colon and comma around a name; brackets and comma around an object. */
const nameBytes = 4;
const objectBytes = 3;
/** Of the longest name of a type, in quotes. */
const typenameBytes = 24;
/** Message, path, place and extensions; and in memory its stack. */
const errorBytes = 1_000;

/** @returns the same schema */
export function countAnswers(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    // A mutation is done also where its answer is over the limit already.
    const isMutation = type === schema.getMutationType();
    for (const field of Object.values(type.getFields())) field.resolve = counted(field, isMutation);
  }
  return schema;
}

function counted(field: Field, isMutation: boolean): Resolve {
  const resolve: Resolve = field.resolve ?? defaultFieldResolver;
  const type = getNamedType(field.type);
  const isList = isListType(getNullableType(field.type));
  if (isLeafType(type)) return countedLeaf(resolve, isList, isMutation, type);
  return isList ? countedList(resolve, isMutation) : countedObject(resolve);
}

function countedLeaf(
  resolve: Resolve,
  isList: boolean,
  isMutation: boolean,
  { name }: GraphQLNamedType,
): Resolve {
  const instead = isList ? [] : substitutes[name];
  return (source, args, context, info) => {
    const { answerSize } = context;
    answerSize.add(keyBytes(info));
    if (answerSize.isOver && instead !== undefined && !isMutation) return instead;
    return whenKnown(
      answerSize,
      () => resolve(source, args, context, info),
      (value) => {
        answerSize.add(jsonBytes(value));
        return answerSize.isOver ? (instead ?? value) : value;
      },
    );
  };
}

function countedList(resolve: Resolve, isMutation: boolean): Resolve {
  return (source, args, context, info) => {
    const { answerSize } = context;
    answerSize.add(keyBytes(info));
    if (answerSize.isOver && !isMutation) return [];
    return whenKnown(
      answerSize,
      () => resolve(source, args, context, info),
      (items) => {
        if (Array.isArray(items)) answerSize.add(items.length * (objectBytes + bytesOfTypenames(info)));
        return answerSize.isOver ? [] : items;
      },
    );
  };
}

function countedObject(resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const { answerSize } = context;
    answerSize.add(keyBytes(info) + objectBytes + bytesOfTypenames(info));
    return whenKnown(
      answerSize,
      () => resolve(source, args, context, info),
      (value) => value,
    );
  };
}

function whenKnown(
  answerSize: AnswerSize,
  resolve: () => unknown,
  count: (value: unknown) => unknown,
): unknown {
  const fail = (error: unknown): never => {
    answerSize.add(errorBytes);
    throw error;
  };
  let value: unknown;
  try {
    value = resolve();
  } catch (error) {
    return fail(error);
  }
  return value instanceof Promise ? value.then(count, fail) : count(value);
}

function keyBytes({ path }: GraphQLResolveInfo): number {
  return String(path.key).length + nameBytes;
}

/** As they go out: an escaped character takes six bytes. */
function jsonBytes(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return 8;
  if (value instanceof Date) return 26;
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** The executor passes the same nodes for every object at one place of a query. */
const known = new WeakMap<GraphQLResolveInfo['fieldNodes'], number>();

/** `__typename` belongs to no type of the schema, so what each object has of them is counted with the object. */
function bytesOfTypenames({ fieldNodes, fragments }: GraphQLResolveInfo): number {
  const before = known.get(fieldNodes);
  if (before !== undefined) return before;
  const names = new Set<string>();
  const look = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) look(fragments[selection.name.value]?.selectionSet);
      else if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet);
      else if (selection.name.value === '__typename') names.add((selection.alias ?? selection.name).value);
    }
  };
  for (const { selectionSet } of fieldNodes) look(selectionSet);
  const bytes = [...names].reduce((sum, name) => sum + name.length + nameBytes + typenameBytes, 0);
  known.set(fieldNodes, bytes);
  return bytes;
}
