import { textOf } from '../read/node.js';
import { INDEX_NAMES, MANIFEST, MANIFEST_PATH, SEGMENT_CONFIG, SEGMENT_INDEX, SEGMENT_TO_RUN, isProgramField } from '../flow/names.js';
import { itemsReference } from '../flow/origins.js';
import type { Expression } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import { templateFields, templateObjects } from '../flow/templates.js';
import type { TemplateField, TemplateObject } from '../flow/templates.js';
import type { Addition } from './discovery.js';
import type { Examination } from './examination.js';
import type { Sibling } from './field-reference.js';

/** What an object has: its members by name, with their expressions. */
export interface Present {
  readonly names: ReadonlySet<string>;
  /** How the object says its index: an expression, or JSON. */
  readonly index?: Addition['value'];
}

/** What a payload needs in the place of a field. */
export interface Wanted {
  readonly field: string;
  readonly sibling?: Sibling;
  /** Names of the object the field lies in, as a place of the machine's data; absent when it is elsewhere. */
  readonly base?: readonly string[];
  /** The index as the replaced expression had it. */
  readonly index?: string;
}

/** The paths that stay in the data of a machine; undefined when it cannot be said where they are found. */
export function keptPaths(wanted: Wanted, { names }: Present, { settings }: Examination): readonly Addition[] | undefined {
  const paths = settings.speaks === 'fat' ? [MANIFEST_PATH, `${wanted.field}_s3_path`] : [MANIFEST_PATH];
  const missing = paths.filter((name) => !names.has(name));
  if (missing.length === 0) return [];
  const { sibling } = wanted;
  return sibling && missing.map((name) => ({ name, value: { expression: sibling(name) } }));
}

/** What a task, an item or a branch gets instead: its segment where the manifest's entry is at hand, else where and which. */
export function payloadAdditions(wanted: Wanted, present: Present, field: TemplateField, examination: Examination): readonly Addition[] | undefined {
  const held = present.names.has(SEGMENT_CONFIG) ? undefined : entryAtHand(field);
  if (present.names.has(SEGMENT_CONFIG)) return [];
  if (held !== undefined) return [{ name: SEGMENT_CONFIG, value: { expression: held } }];
  const paths = keptPaths(wanted, present, examination);
  if (!paths) return undefined;
  if (present.names.has(SEGMENT_INDEX)) return paths;
  const index = present.index ?? indexOf(wanted, field.state, examination);
  return index ? [...paths, { name: SEGMENT_INDEX, value: index }] : paths;
}

/** An object that is written out without an index leads to none; a guess would run the wrong program. */
function indexOf({ index, sibling, base }: Wanted, state: State, { origins }: Examination): Addition['value'] | undefined {
  if (index !== undefined) return { expression: index };
  if (!sibling) return undefined;
  const objects = base ? origins.objectsAt(state, base) : [];
  const isVariable = base !== undefined && base[0] !== 'input';
  if (objects.length === 0) return isVariable ? undefined : { expression: sibling(SEGMENT_TO_RUN) };
  const name = INDEX_NAMES.find((candidate) => objects.every(({ entries }) => entries.some((entry) => entry.name === candidate)));
  return name === undefined ? undefined : { expression: sibling(name) };
}

/** How a payload reads its segment out of an entry of the manifest. */
function entryAtHand({ state, name }: TemplateField): string | undefined {
  const isSelector = state.type === 'Map' && ['Parameters', 'ItemSelector'].includes(name);
  if (isSelector) return readsManifest(state) ? itemMember(state) : undefined;
  const { owner, startAt } = state.scope;
  if (owner?.type !== 'Map' || state.type !== 'Task' || startAt !== state.name || !readsManifest(owner)) return undefined;
  if (textOf(state.node, 'InputPath') !== undefined || !givesSegment(owner)) return undefined;
  return state.language === 'JSONata' ? `$states.input.${SEGMENT_CONFIG}` : `$.${SEGMENT_CONFIG}`;
}

function itemMember({ language }: State): string {
  return language === 'JSONata' ? `$states.context.Map.Item.Value.${SEGMENT_CONFIG}` : `$$.Map.Item.Value.${SEGMENT_CONFIG}`;
}

function readsManifest(map: State): boolean {
  return itemsReference(map)?.steps.at(-1)?.name === MANIFEST;
}

/** Without a selector the item is the entry itself; one with a field is given the segment in its place. */
function givesSegment(map: State): boolean {
  const selector = templateFields(map).find(({ name }) => ['Parameters', 'ItemSelector'].includes(name));
  const outermost: TemplateObject | undefined = selector && templateObjects(selector)[0];
  return !selector || outermost?.entries.some(({ name }) => name === SEGMENT_CONFIG || isProgramField(name)) === true;
}

/** The second argument of `States.ArrayGetItem(map, index)`. */
export function indexInCall({ call }: Expression): string | undefined {
  return call?.name === 'States.ArrayGetItem' ? call.arguments[1] : undefined;
}
