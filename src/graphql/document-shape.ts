/**
 * How large a document is, before anything works on it whose time is not linear: first its tokens, then its fields as
 * they are when every fragment stands where it is spread. Linear itself, because each fragment is measured once. Cycles
 * are left to validation, and what fields cost to complexity.
 */
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  Lexer,
  type SelectionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
} from 'graphql';

const opening: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** Stops at the first token over `mostTokens`. @throws GraphQLError where there is no token */
export function measureText(
  text: string | Source,
  mostTokens: number,
): { readonly tokens: number; readonly nesting: number } {
  const lexer = new Lexer(typeof text === 'string' ? new Source(text) : text);
  let [tokens, open, nesting] = [0, 0, 0];
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    tokens += 1;
    if (tokens > mostTokens) break;
    if (opening.has(kind)) nesting = Math.max(nesting, ++open);
    else if (closing.has(kind)) open -= 1;
  }
  return { tokens, nesting };
}

export interface Shape {
  readonly depth: number;
  readonly breadth: number;
  readonly aliases: number;
  readonly directives: number;
}

const nothing: Shape = { depth: 0, breadth: 0, aliases: 0, directives: 0 };

/** Of its operations and fragments, the largest in each: validation looks at all of them. */
export function measureDocument(document: DocumentNode): Shape {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Shape>();

  const ofFragment = (name: string): Shape => {
    const known = measured.get(name);
    if (known) return known;
    measured.set(name, nothing); // a cycle ends here
    const fragment = fragments.get(name);
    const shape = fragment ? withDirectives(ofSelections(fragment.selectionSet), fragment) : nothing;
    measured.set(name, shape);
    return shape;
  };
  const ofSelections = (set: SelectionSetNode | undefined): Shape =>
    (set?.selections ?? []).reduce((sum, selection) => beside(sum, ofSelection(selection)), nothing);
  const ofSelection = (selection: SelectionNode): Shape => {
    if (selection.kind === Kind.FRAGMENT_SPREAD)
      return withDirectives(ofFragment(selection.name.value), selection);
    const inside = withDirectives(ofSelections(selection.selectionSet), selection);
    if (selection.kind === Kind.INLINE_FRAGMENT) return inside;
    const { depth, breadth, aliases } = inside;
    return {
      ...inside,
      depth: depth + 1,
      breadth: breadth + 1,
      aliases: aliases + (selection.alias ? 1 : 0),
    };
  };

  return document.definitions.reduce((largest, definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION)
      return largest;
    const { variableDefinitions = [], selectionSet } = definition;
    const whole = withDirectives(ofSelections(selectionSet), definition);
    return larger(largest, variableDefinitions.reduce(withDirectives, whole));
  }, nothing);
}

function withDirectives(shape: Shape, node: { readonly directives?: readonly unknown[] | undefined }): Shape {
  return { ...shape, directives: shape.directives + (node.directives?.length ?? 0) };
}

function beside(one: Shape, other: Shape): Shape {
  return {
    depth: Math.max(one.depth, other.depth),
    breadth: one.breadth + other.breadth,
    aliases: one.aliases + other.aliases,
    directives: one.directives + other.directives,
  };
}

function larger(one: Shape, other: Shape): Shape {
  return {
    depth: Math.max(one.depth, other.depth),
    breadth: Math.max(one.breadth, other.breadth),
    aliases: Math.max(one.aliases, other.aliases),
    directives: Math.max(one.directives, other.directives),
  };
}
