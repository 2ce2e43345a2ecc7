import { entries, value as schemaValue } from '@hyperjump/browser';
import { Validation, addKeyword, canonicalUri } from '@hyperjump/json-schema/experimental';
import type { Keyword, ValidationContext } from '@hyperjump/json-schema/experimental';
import * as Instance from '@hyperjump/json-schema/instance/experimental';
import type { JsonNode } from '@hyperjump/json-schema/instance/experimental';
import { Decimal } from '../../json/index.js';
import { canonicalText, canonicalTextOfValue, decimalAt } from './instance.js';
import { compilePattern } from './pattern.js';
import { VALUE_MARK } from './prepare.js';

/*
 * Keywords that take the place of those of the validator: numbers are compared as they are spelled, patterns are read
 * as `compilePattern` does, and values of `const` and `enum` are not searched for addresses.
 */

const PREFIX = 'https://json-schema.org/keyword/';

/** Every keyword that differs from the one of the package. */
export function replaceKeywords(): void {
  addKeyword(type);
  addKeyword(constant);
  addKeyword(enumeration);
  addKeyword(uniqueItems);
  addKeyword(multipleOf);
  addKeyword(pattern);
  addKeyword(patternProperties);
  addKeyword(additionalProperties);
  addKeyword(limit('minimum', (order) => order >= 0));
  addKeyword(limit('maximum', (order) => order <= 0));
  addKeyword(limit('exclusiveMinimum', (order) => order > 0));
  addKeyword(limit('exclusiveMaximum', (order) => order < 0));
}

function limit(name: string, admits: (order: number) => boolean): Keyword<number> {
  return {
    id: PREFIX + name,
    compile: (schema) => Promise.resolve(schemaValue<number>(schema)),
    interpret: (bound, node) => {
      if (node.type !== 'number') return true;
      const [value, border] = [decimalAt(node), Decimal.parse(String(bound))];
      // NaN and the infinities, which only Python writes, are compared as doubles.
      return admits(value && border ? value.compare(border) : Instance.value<number>(node) - bound);
    },
  };
}

const multipleOf: Keyword<number> = {
  id: `${PREFIX}multipleOf`,
  compile: (schema) => Promise.resolve(schemaValue<number>(schema)),
  interpret: (divisor, node) => {
    if (node.type !== 'number') return true;
    const [value, step] = [decimalAt(node), Decimal.parse(String(divisor))];
    return value !== undefined && step !== undefined && value.isMultipleOf(step);
  },
};

const type: Keyword<string | readonly string[]> = {
  id: `${PREFIX}type`,
  compile: (schema) => Promise.resolve(schemaValue<string | readonly string[]>(schema)),
  interpret: (types, node) => (typeof types === 'string' ? [types] : types).some((name) => isOfType(name, node)),
};

function isOfType(name: string, node: JsonNode): boolean {
  if (name !== 'integer') return node.type === name;
  const decimal = node.type === 'number' ? decimalAt(node) : undefined;
  return decimal?.isWhole() === true;
}

/** A value of `const` or `enum`, and its canonical text. */
export interface Allowed {
  readonly value: unknown;
  readonly text: string;
}

/** The values of a meta-schema are as they are; those of a user's schema are text, so that nothing in them is read. */
function readAllowed(value: unknown): Allowed {
  const isMarked = typeof value === 'string' && value.startsWith(VALUE_MARK);
  const plain: unknown = isMarked ? JSON.parse(value.slice(VALUE_MARK.length)) : value;
  return { value: plain, text: canonicalTextOfValue(plain) };
}

const constant: Keyword<Allowed> = {
  id: `${PREFIX}const`,
  compile: (_schema, _ast, parent) =>
    Promise.resolve(readAllowed(schemaValue<Readonly<Record<string, unknown>>>(parent).const)),
  interpret: ({ text }, node) => canonicalText(node) === text,
};

const enumeration: Keyword<readonly Allowed[]> = {
  id: `${PREFIX}enum`,
  compile: (schema) => Promise.resolve(schemaValue<readonly unknown[]>(schema).map(readAllowed)),
  interpret: (allowed, node) => {
    const found = canonicalText(node);
    return allowed.some(({ text }) => text === found);
  },
};

const uniqueItems: Keyword<boolean> = {
  id: `${PREFIX}uniqueItems`,
  compile: (schema) => Promise.resolve(schemaValue<boolean>(schema)),
  interpret: (isAsked, node) => node.type !== 'array' || !isAsked || findRepeat(node) === undefined,
};

/** The first two elements of a list that are equal. */
export function findRepeat(node: JsonNode): { readonly i: number; readonly j: number } | undefined {
  const seen = new Map<string, number>();
  for (const [i, item] of node.children.entries()) {
    const text = canonicalText(item);
    const j = seen.get(text);
    if (j !== undefined) return { i, j };
    seen.set(text, i);
  }
  return undefined;
}

const pattern: Keyword<RegExp> = {
  id: `${PREFIX}pattern`,
  compile: (schema) => Promise.resolve(compilePattern(schemaValue<string>(schema), canonicalUri(schema))),
  interpret: (compiled, node) => node.type !== 'string' || compiled.test(Instance.value<string>(node)),
};

/** What the keywords about evaluated members keep between them. */
interface MemberContext extends ValidationContext {
  readonly evaluatedProperties?: Set<string>;
}

/** A pattern of names, and the address of the schema of such members. */
type PatternSchema = readonly [names: RegExp, schema: string];

const patternProperties: Keyword<readonly PatternSchema[], MemberContext> = {
  id: `${PREFIX}patternProperties`,
  compile: async (schema, ast) => {
    const compiled: PatternSchema[] = [];
    for await (const [source, member] of entries(schema)) {
      const address = await Validation.compile(member as typeof schema, ast, schema);
      compiled.push([compilePattern(source, canonicalUri(schema)), address]);
    }
    return compiled;
  },
  interpret: (patterns, node, context) => {
    const applied = patterns.flatMap(([names, schema]) =>
      membersOf(node)
        .filter(({ name }) => names.test(name))
        .map((member) => ({ ...member, schema })),
    );
    return checkMembers(applied, context);
  },
  simpleApplicator: true,
};

/** Which members are named elsewhere, and the address of the schema of all others. */
interface OtherMembers {
  readonly names: ReadonlySet<string>;
  readonly patterns: readonly RegExp[];
  readonly schema: string;
}

const additionalProperties: Keyword<OtherMembers, MemberContext> = {
  id: `${PREFIX}additionalProperties`,
  compile: async (schema, ast, parent) => {
    const { properties = {}, patternProperties: patterns = {} } = schemaValue<Readonly<Record<string, object>>>(parent);
    return {
      names: new Set(Object.keys(properties)),
      patterns: Object.keys(patterns).map((source) => compilePattern(source, canonicalUri(parent))),
      schema: await Validation.compile(schema, ast, parent),
    };
  },
  interpret: ({ names, patterns, schema }, node, context) => {
    const isNamed = (name: string) => names.has(name) || patterns.some((known) => known.test(name));
    const others = membersOf(node).filter(({ name }) => !isNamed(name));
    return checkMembers(
      others.map((member) => ({ ...member, schema })),
      context,
    );
  },
  simpleApplicator: true,
};

interface Member {
  readonly name: string;
  readonly child: JsonNode;
}

function membersOf(node: JsonNode): readonly Member[] {
  if (node.type !== 'object') return [];
  return Array.from(Instance.entries(node), ([key, child]) => ({ name: Instance.value<string>(key), child }));
}

/** Every member is checked, also after one that fails: each has an issue of its own. */
function checkMembers(members: readonly (Member & { readonly schema: string })[], context: MemberContext): boolean {
  let isValid = true;
  for (const { name, child, schema } of members) {
    if (!Validation.interpret(schema, child, context)) isValid = false;
    context.evaluatedProperties?.add(name);
  }
  return isValid;
}
