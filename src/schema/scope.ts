import type { Effect, View } from './schema-change.js';
import type { SchemaNode } from './schema-node.js';
import type { SchemaObject } from './schema-object.js';

export type Pair = readonly [before: SchemaNode, after: SchemaNode];

/** What happened to one keyword of a schema. */
export interface KeywordChange {
  readonly keyword: string;
  readonly effect: Effect;
  /** Comes after the name of a place. */
  readonly what: string;
  /** It is there in the old schema only. */
  readonly isGone: boolean;
}

/** Two schemas that are compared, of which neither is `true` or `false`. */
export interface Scope {
  readonly pair: Pair;
  readonly old: SchemaObject;
  readonly now: SchemaObject;
  /** Goes on with two schemas of which this pair is made. */
  readonly compare: (pair: Pair, view?: View) => void;
  readonly add: (...changes: readonly KeywordChange[]) => void;
}

/**
 * What is said of keywords that have a meaning together. A schema takes what each of its rules takes, so each rule is
 * compared for itself.
 */
export interface Rule {
  readonly keywords: readonly string[];
  readonly compare: (scope: Scope) => void;
}
