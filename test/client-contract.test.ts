/** The client's own names against those of the server: it stands apart, and must not drift. */
import { readFileSync } from 'node:fs';
import * as client from 'gridhold/client';
import * as react from 'gridhold/react';
import ts from 'typescript';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { ContractErrorCode } from '../src/client/index.ts';
import type { ErrorCode, GraphqlCode } from '../src/errors/codes.ts';

const source = (path: string): string => readFileSync(new URL(`../src/${path}`, import.meta.url), 'utf8');

/** The members of a union of texts, or the keys of an object, by the name that declares it. */
function namesIn(path: string, declared: string): string[] {
  const file = ts.createSourceFile(path, source(path), ts.ScriptTarget.Latest, true);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeAliasDeclaration(node) && node.name.text === declared && ts.isUnionTypeNode(node.type)) {
      for (const member of node.type.types)
        if (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal))
          names.push(member.literal.text);
    }
    if (ts.isVariableDeclaration(node) && node.name.getText() === declared && node.initializer) {
      const value = ts.isAsExpression(node.initializer) ? node.initializer.expression : node.initializer;
      if (ts.isObjectLiteralExpression(value))
        for (const property of value.properties) names.push(property.name?.getText() ?? '');
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

describe("the client's error codes", () => {
  it("are the server's and those of GraphQL documents, in types and in text", () => {
    expectTypeOf<ContractErrorCode>().toEqualTypeOf<ErrorCode | GraphqlCode>();
    const server = namesIn('errors/codes.ts', 'errorCodes');
    expect(server.length).toBeGreaterThan(20);
    const graphql = namesIn('errors/codes.ts', 'graphqlCodes');
    expect(graphql).toHaveLength(4);
    expect(namesIn('client/client-error.ts', 'ContractErrorCode').sort()).toEqual(
      [...server, ...graphql].sort(),
    );
  });
});

describe('what is exported', () => {
  it('by gridhold/client is this', () => {
    expect(Object.keys(client).sort()).toEqual(['GridholdClientError', 'createGridholdClient', 'uploadTo']);
  });

  it('by gridhold/react is this', () => {
    expect(Object.keys(react).sort()).toEqual(['useFiles', 'useUpload']);
  });

  it("has types for everything that the client's methods take and give", () => {
    const exported = /export (?:type )?\{[^}]*\}/g;
    const names = (source('client/index.ts').match(exported) ?? []).join(' ');
    for (const declared of source('client/gridhold-client.ts').matchAll(/^export (?:interface|type) (\w+)/gm))
      expect(names).toMatch(new RegExp(`\\b${declared[1]}\\b`));
  });
});
