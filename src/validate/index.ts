import { LEAN_SCHEMA } from '../../schemas/generated/validator-loaders.js';
import { validators } from '../../schemas/generated/validators.js';
import type { SchemaName } from '../../schemas/generated/validators.js';
import { Bag, holdsDigest } from '../bag/bag.js';
import { ObjectValue } from '../bag/value.js';
import { fatBagAdvice, leanBagAdvice, manifestAdvice, pointerAdvice } from './advice.js';
import { NO_ADVICE, isObject } from './issue.js';
import type { Adviser, ValidationIssue } from './issue.js';
import { issuesOf } from './issues.js';

/**
 * True for a bag that was lean and holds a program inline as well: a value next to its own path, or next to any path at
 * a content address, which only a migration writes. An old writer that merges into a lean bag leaves that, and may drop
 * the stamp. Old eras have one value inline and the path of the other; the bridge form keeps empty values inline.
 */
function isRegressed(bag: object): boolean {
  const { config, map, configPath, mapPath, manifestPath } = new Bag(new ObjectValue(bag));
  const pairs = [
    [config, configPath],
    [map, mapPath],
  ] as const;
  if (pairs.some(([field, path]) => field.state === 'inline' && path.state === 'pointer')) return true;
  const isInline = pairs.some(([field]) => field.state === 'inline');
  return isInline && [configPath, mapPath, manifestPath].some(holdsDigest);
}

export type { SchemaName } from '../../schemas/generated/validators.js';

/** Every schema of the project, by file name without `.json`, in name order. */
export const schemaNames: readonly SchemaName[] = Object.keys(validators).filter(isSchemaName);

function isSchemaName(name: string): name is SchemaName {
  return Object.hasOwn(validators, name);
}

const ADVISERS: Partial<Readonly<Record<SchemaName, Adviser>>> = {
  [LEAN_SCHEMA]: leanBagAdvice,
  'state-bag.fat': fatBagAdvice,
  'segment-manifest.v1': manifestAdvice,
  'pointers.v1': pointerAdvice,
};

/** Holds a value against a schema of the project. Empty when all is well. Never throws. */
export function validateAgainst(schemaName: SchemaName, value: unknown): ValidationIssue[] {
  const validator = validators[schemaName];
  return validator(value) ? [] : issuesOf(value, validator.errors ?? [], ADVISERS[schemaName] ?? NO_ADVICE);
}

type Members = Readonly<Record<string, unknown>>;

/**
 * The schema a value is meant for, by its telling members; `undefined` when it has none. Never throws. A bag must be
 * out of its envelope. A bag with an inline program is `state-bag.fat`, unless it is stamped or carries the paths of a
 * lean bag: then it was lean, and is validated as that.
 */
export function detectSchema(value: unknown): SchemaName | undefined {
  if (typeof value === 'string') return value.startsWith('s3://') ? 'pointers.v1' : undefined;
  if (Array.isArray(value)) return isManifestList(value) ? 'segment-manifest.v1' : undefined;
  if (!isObject(value)) return undefined;
  return RECOGNISERS.find(([, recognises]) => recognises(value))?.[0];
}

/** The first that recognises a value wins: a bag may hold members that would mean something else on their own. */
const RECOGNISERS: readonly (readonly [SchemaName, (value: Members) => boolean])[] = [
  [LEAN_SCHEMA, (value) => has(value, 'state_bag_version') || isRegressed(value)],
  ['state-bag.fat', (value) => has(value, 'workflow_config') || has(value, 'partition_map')],
  ['pointers.v1', isMarkedPointer],
  [LEAN_SCHEMA, (value) => PATHS.some((path) => isS3Path(value[path]))],
  ['state-bag.fat', (value) => [...PATHS, 'segment_manifest'].some((member) => has(value, member))],
  ['segment-manifest.v1', (value) => Array.isArray(value.segments)],
  ['journal.v1', (value) => isLine(value, JOURNAL_KINDS, ['run', 'at'])],
  ['plan.v1', (value) => isLine(value, PLAN_KINDS, ['doc', 'tool', 'sha256'])],
  ['pointers.v1', isBucketAndKey],
];

const PATHS = ['segment_manifest_s3_path', 'partition_map_s3_path', 'workflow_config_s3_path'] as const;

const JOURNAL_KINDS = ['run', 'intent', 'result', 'end'];
const PLAN_KINDS = ['plan', 'document', 'seal'];

function isMarkedPointer(value: Members): boolean {
  const markers = ['__s3_pointer__', '__s3_offloaded', '__batch_pointer__'];
  if (markers.some((marker) => has(value, marker) && Boolean(value[marker]))) return true;
  return value.type === 's3_reference' || (has(value, 'segment_index') && has(value, 'manifest_s3_path'));
}

function isBucketAndKey(value: Members): boolean {
  if (Object.keys(value).length !== 2) return false;
  return (has(value, 'bucket') && has(value, 'key')) || (has(value, 'Bucket') && has(value, 'Key'));
}

/** The words are common ones, so a second telling member must be there. */
function isLine(value: Members, kinds: readonly string[], others: readonly string[]): boolean {
  const kind = has(value, 'kind') ? value.kind : undefined;
  return typeof kind === 'string' && kinds.includes(kind) && others.some((member) => has(value, member));
}

function isManifestList(list: readonly unknown[]): boolean {
  const members = ['segment_config', 'segment_id', 'execution_order'];
  return list.some((entry) => isObject(entry) && members.some((member) => has(entry, member)));
}

function isS3Path(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('s3://');
}

function has(value: Members, member: string): boolean {
  return Object.hasOwn(value, member);
}
