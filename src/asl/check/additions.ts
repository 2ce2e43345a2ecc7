import { INDEX_NAMES, MANIFEST, MANIFEST_PATH, SEGMENT_CONFIG, SEGMENT_INDEX, SEGMENT_TO_RUN } from '../flow/names.js';
import type { State } from '../flow/states.js';
import { isSelector } from '../flow/templates.js';
import type { TemplateField, TemplateObject } from '../flow/templates.js';
import { once } from '../once.js';
import type { Addition } from './discovery.js';
import type { Examination } from './examination.js';
import type { FieldReference, Sibling } from './field-reference.js';
import {
  givesOwnSegment,
  hasOwner,
  holdsBag,
  isBagOf,
  isSibling,
  ownIndex,
  presentMember,
  saysIndex,
} from './present.js';
import type { Present } from './present.js';
import { entryAtHand, segmentMapOf } from './segments.js';
import { HINTS } from './words.js';

/** What an object needs in the place of a field. */
export interface Wanted {
  readonly field: string;
  readonly found: FieldReference;
  readonly sibling: Sibling;
  /** Names of the object the field lies in, as a place of the machine's data; absent when it is elsewhere. */
  readonly base?: readonly string[];
  /** True when the object has the map of a branch too, which is the one that an index counts in. */
  readonly isBranch: boolean;
}

/** Members to put in the place of a field, or why a person must do it. */
export type Outcome = { readonly add: readonly Addition[] } | { readonly hint: string };

/** Beside a pointer these are read too; they must be of the same bag. */
const BESIDE: readonly string[] = ['workflow_config_s3_path', 'partition_map_s3_path', MANIFEST];

const BY_HAND: Outcome = { hint: HINTS.person };

/** The paths that stay in the data of a machine. */
export function keptPaths(
  { field, found, sibling }: Pick<Wanted, 'field' | 'found' | 'sibling'>,
  present: Present,
  { settings }: Examination,
): Outcome {
  const paths = settings.speaks === 'fat' ? [MANIFEST_PATH, `${field}_s3_path`] : [MANIFEST_PATH];
  const others = present.filter(({ name, isEmpty }) => name === MANIFEST_PATH || (!isEmpty && BESIDE.includes(name)));
  if (!others.every((member) => isSibling(member, found, sibling, member.name))) return BY_HAND;
  if (!present.every((member) => member.isEmpty || !holdsBag(member) || isBagOf(member, found))) return BY_HAND;
  const missing = paths.filter((name) => !presentMember(present, name));
  return { add: missing.map((name) => ({ name, value: { expression: sibling(name) } })) };
}

/**
 * What a task, an item or a branch gets instead: its segment where the manifest's entry is at hand, else where and
 * which.
 */
export function payloadAdditions(
  wanted: Wanted,
  present: Present,
  field: TemplateField,
  examination: Examination,
): Outcome {
  if (presentMember(present, SEGMENT_CONFIG)) return givesOwnSegment(present) ? { add: [] } : BY_HAND;
  const map = wanted.isBranch ? undefined : segmentMapOf(field, examination);
  if (map) {
    const held = entryAtHand(field, map, present, examination);
    return held === undefined ? { hint: HINTS.item } : { add: [{ name: SEGMENT_CONFIG, value: { expression: held } }] };
  }
  if (!hasOwner(present, wanted.found)) return { hint: HINTS.owner };
  const paths = keptPaths(wanted, present, examination);
  if ('hint' in paths || saysIndex(present)) return paths;
  const own = ownIndex(present);
  if (own) return own.value ? { add: [...paths.add, { name: SEGMENT_INDEX, value: own.value }] } : BY_HAND;
  if (isSelector(field) || wanted.isBranch) return paths;
  if (isOfItem(field.state)) return { hint: HINTS.item };
  const index = indexOf(wanted, field.state, examination);
  return index === undefined ? paths : { add: [...paths.add, { name: SEGMENT_INDEX, value: { expression: index } }] };
}

/** A segment that is taken out of the map with the index of the bag that the map is in. */
export function segmentAdditions(
  wanted: Wanted,
  present: Present,
  field: TemplateField,
  examination: Examination,
): Outcome {
  if (segmentMapOf(field, examination)) return { hint: HINTS.item };
  if (!hasOwner(present, wanted.found)) return { hint: HINTS.owner };
  const paths = keptPaths(wanted, present, examination);
  if ('hint' in paths) return paths;
  const own = presentMember(present, SEGMENT_INDEX);
  if (own) return isSibling(own, wanted.found, wanted.sibling, SEGMENT_TO_RUN) ? paths : BY_HAND;
  return { add: [...paths.add, { name: SEGMENT_INDEX, value: { expression: wanted.sibling(SEGMENT_TO_RUN) } }] };
}

/** Every item would get the index of the bag, so that all run one segment. */
function isOfItem({ type, scope }: State): boolean {
  return type === 'Map' || (scope.owner !== undefined && isOfItem(scope.owner));
}

/** An object that is written out without an index leads to none; a guess would run the wrong program. */
function indexOf({ sibling, base }: Wanted, state: State, { origins }: Examination): string | undefined {
  const objects = base ? origins.objectsAt(state, base) : [];
  const isVariable = base !== undefined && base[0] !== 'input';
  if (objects.length === 0) return isVariable ? undefined : sibling(SEGMENT_TO_RUN);
  const name = commonIndexName(objects);
  return name === undefined ? undefined : sibling(name);
}

/** Asked for each payload that reads the place of the objects. */
const commonIndexName = once((objects: readonly TemplateObject[]) =>
  INDEX_NAMES.find((candidate) => objects.every(({ entries }) => entries.some(({ name }) => name === candidate))),
);
