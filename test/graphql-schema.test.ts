/** The schema against its three promises: the committed SDL is current, holds the contract, and explains itself. */
import { readFile } from 'node:fs/promises';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { expect, test } from 'vitest';
import { printGridholdSchema } from '../src/graphql/print-schema.ts';

const printed = printGridholdSchema();

test('schema.graphql is what the code prints: `npm run schema` writes it anew', async () => {
  expect(await readFile('schema.graphql', 'utf8')).toBe(printed);
});

test('everything in the contract is in the schema, under its name, type, nullability and default', async () => {
  const contract = describeAll(buildSchema(await readFile('test/contract/schema.graphql', 'utf8')));
  expect(contract.size).toBeGreaterThan(200);
  const schema = describeAll(buildSchema(printed));
  expect([...contract].filter((line) => !schema.has(line))).toEqual([]);
});

test('every type, field, argument and enum value has a description', () => {
  const undescribed = ownTypes(buildSchema(printed)).flatMap((type) =>
    parts(type)
      .filter(({ description }) => !description)
      .map(({ name }) => name),
  );
  expect(undescribed).toEqual([]);
});

interface Part {
  /** Such as `File.url(download:)`. */
  readonly name: string;
  /** Name, type, nullability and default, as one line. */
  readonly line: string;
  readonly description: string | null | undefined;
}

function describeAll(schema: GraphQLSchema): Set<string> {
  return new Set(ownTypes(schema).flatMap((type) => parts(type).map(({ line }) => line)));
}

function ownTypes(schema: GraphQLSchema): GraphQLNamedType[] {
  const types = Object.values(schema.getTypeMap());
  return types.filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));
}

function parts(type: GraphQLNamedType): Part[] {
  const { name, description } = type;
  const all: Part[] = [{ name, line: `${type.constructor.name} ${name}`, description }];
  const add = (part: string, line: string, words: string | null | undefined): void => {
    all.push({ name: `${name}${part}`, line: `${name}${part}${line}`, description: words });
  };
  if (isEnumType(type)) for (const value of type.getValues()) add(`.${value.name}`, '', value.description);
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields()))
      add(`.${field.name}`, typed(field), field.description);
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const { name: implemented } of type.getInterfaces())
      add(` implements ${implemented}`, '', description);
    for (const field of Object.values(type.getFields())) {
      add(`.${field.name}`, `: ${field.type}`, field.description);
      for (const argument of field.args) {
        add(`.${field.name}(${argument.name}:)`, typed(argument), argument.description);
      }
    }
  }
  return all;
}

function typed({ type, defaultValue }: Pick<GraphQLArgument, 'type' | 'defaultValue'>): string {
  return `: ${type}${defaultValue === undefined ? '' : ` = ${JSON.stringify(defaultValue)}`}`;
}
