import { getKeyword, setOutputFormat } from '@hyperjump/json-schema/experimental';
import type { EvaluationPlugin, ValidationContext } from '@hyperjump/json-schema/experimental';
import * as Instance from '@hyperjump/json-schema/instance/experimental';
import type { JsonNode } from '@hyperjump/json-schema/instance/experimental';
import type { SchemaFault } from '../../../schemas/compiled-validator.js';
import { findRepeat } from './keywords.js';
import type { Allowed } from './keywords.js';

/** A rule that is broken, with the broken rules of the schemas that it applies. */
export interface BrokenRule {
  /** Address of the rule, or of a schema `false`. */
  readonly location: string;
  readonly node: JsonNode;
  /** What the rule was compiled to. */
  readonly compiled?: unknown;
  /** It only hands on what other schemas say. */
  readonly handsOn: boolean;
  readonly inner: readonly BrokenRule[];
}

/** Name of the output of the validator that lists broken rules. */
export const BROKEN_RULES = 'broken-rules';

interface RuleContext extends ValidationContext {
  broken?: BrokenRule[];
}

/** Collects broken rules while a document is checked. */
class RulePlugin implements EvaluationPlugin<RuleContext> {
  readonly id = 'broken-rules';
  broken: readonly BrokenRule[] = [];

  afterKeyword(
    [id, location, compiled]: readonly [string, string, unknown],
    node: JsonNode,
    { broken = [] }: RuleContext,
    isValid: boolean,
    schema: RuleContext,
  ): void {
    if (isValid) return;
    schema.broken ??= [];
    schema.broken.push({ location, node, compiled, handsOn: getKeyword(id).simpleApplicator === true, inner: broken });
  }

  afterSchema(location: string, node: JsonNode, context: RuleContext, isValid: boolean): void {
    if (!isValid && context.ast[location] === false) {
      context.broken ??= [];
      context.broken.push({ location, node, handsOn: false, inner: [] });
    }
    this.broken = context.broken ?? [];
  }
}

export function defineOutput(): void {
  setOutputFormat(BROKEN_RULES, () => {
    const plugin = new RulePlugin();
    return { plugin: plugin, getErrors: () => plugin.broken };
  });
}

/** Broken rules in the form of those that the validators of the project report. */
export function listFaults(rules: readonly BrokenRule[]): readonly SchemaFault[] {
  return rules.flatMap((rule) => {
    if (keywordAt(rule.location) === 'propertyNames') return listNames(rule);
    return rule.handsOn ? listFaults(rule.inner) : toFaults(rule);
  });
}

function keywordAt(location: string): string {
  return location.slice(location.lastIndexOf('/') + 1);
}

/** A name has the place of its object. */
function listNames({ location, inner }: BrokenRule): readonly SchemaFault[] {
  return inner.map(({ node }) => {
    const propertyName = Instance.value<string>(node);
    return faultAt(node.parent!.parent!.pointer, location, 'propertyNames', { propertyName });
  });
}

/** Members and elements that a schema does not know are refused by a `false` under one of these. */
const UNKNOWN = new Set(['additionalProperties', 'unevaluatedProperties']);

function toFaults(rule: BrokenRule): readonly SchemaFault[] {
  const { location, node, compiled } = rule;
  const keyword = keywordAt(location);
  if (compiled === undefined) {
    if (keyword === 'unevaluatedItems') return [faultAt(node.parent!.pointer, location, keyword, {})];
    return [faultAt(node.pointer, location, UNKNOWN.has(keyword) ? keyword : 'false schema', {})];
  }
  if (keyword === 'contains') return [containsFault(rule)];
  const described = (DETAILS[keyword] ?? (() => [{}]))(compiled, node);
  return described.map((params) => faultAt(node.pointer, location, keyword, params));
}

function faultAt(
  instancePath: string,
  schemaPath: string,
  keyword: string,
  params: SchemaFault['params'],
): SchemaFault {
  return { instancePath, schemaPath, keyword, params };
}

/** Too few elements, or too many. */
function containsFault({ location, node, compiled, inner }: BrokenRule): SchemaFault {
  const { minContains, maxContains } = compiled as { readonly minContains: number; readonly maxContains: number };
  const others = new Set(inner.map((rule) => elementOf(rule.node, node)));
  const found = node.children.length - others.size;
  return found > maxContains
    ? faultAt(node.pointer, location, 'maxContains', { found, limit: maxContains })
    : faultAt(node.pointer, location, 'contains', { minContains });
}

/** The element of a list in which a place is. */
function elementOf(place: JsonNode, list: JsonNode): JsonNode {
  let at = place;
  while (at.parent && at.parent !== list) at = at.parent;
  return at;
}

type Details = (compiled: unknown, node: JsonNode) => readonly SchemaFault['params'][];

const limitDetails: Details = (limit) => [{ limit }];

/** What a sentence says of a broken rule, under the names that ajv gives it. */
const DETAILS: Readonly<Record<string, Details>> = {
  required: (names, node) => missingFrom(node, names as readonly string[]),
  dependentRequired: (rules, node) =>
    (rules as readonly (readonly [string, readonly string[]])[])
      .filter(([property]) => Instance.has(property, node))
      .flatMap(([property, names]) => missingFrom(node, names).map((missing) => ({ property, ...missing }))),
  type: (type) => [{ type }],
  const: (allowed) => [{ allowedValue: (allowed as Allowed).value }],
  enum: (allowed) => [{ allowedValues: (allowed as readonly Allowed[]).map(({ value }) => value) }],
  pattern: (pattern) => [{ pattern: (pattern as RegExp).source }],
  format: (format) => [{ format }],
  multipleOf: (multipleOf) => [{ multipleOf }],
  uniqueItems: (_, node) => [{ ...findRepeat(node) }],
  minLength: limitDetails,
  maxLength: limitDetails,
  minimum: limitDetails,
  maximum: limitDetails,
  exclusiveMinimum: limitDetails,
  exclusiveMaximum: limitDetails,
  minItems: limitDetails,
  maxItems: limitDetails,
  minProperties: limitDetails,
  maxProperties: limitDetails,
};

function missingFrom(node: JsonNode, names: readonly string[]): readonly { readonly missingProperty: string }[] {
  return names.filter((name) => !Instance.has(name, node)).map((missingProperty) => ({ missingProperty }));
}
