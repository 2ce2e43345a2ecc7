import { textOf, valueOf } from '../read/node.js';
import type { AslNode } from '../read/node.js';
import { readExpression } from '../flow/expressions.js';
import { MANIFEST, MAP, SEGMENT_CONFIG, isProgramField } from '../flow/names.js';
import { itemsReference } from '../flow/leads.js';
import { namesOf } from '../flow/reference.js';
import type { Reference } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import { isSelector, selectorOf, templateObjects } from '../flow/templates.js';
import type { Entry, TemplateField } from '../flow/templates.js';
import { writingKey } from '../flow/writings.js';
import { oncePer } from '../once.js';
import type { Examination } from './examination.js';
import { wholeField } from './field-reference.js';
import { manifestEdits } from './items.js';
import { ownIndex, presentMember } from './present.js';
import type { Present } from './present.js';
import { obstacleTo } from './together.js';

const INPUT: Reference = { root: 'input', steps: [], start: 0, end: 0 };

/** The Map over segments that a payload is for an item of, or inside an item of. */
export function segmentMapOf({ state }: TemplateField, examination: Examination): State | undefined {
  const around: State[] = state.type === 'Map' ? [state] : [];
  for (let owner = state.scope.owner; owner; owner = owner.scope.owner) if (owner.type === 'Map') around.push(owner);
  return around.find((map) => goesOverSegments(map, examination));
}

/** True when items are segments, or may be: the program is on the way to them, or they are read from elsewhere. */
const goesOverSegments = oncePer((map: State, { origins }: Examination): boolean => {
  if (valueOf(map.node, 'ItemReader')) return true;
  const items = valueOf(map.node, map.language === 'JSONata' ? 'Items' : 'ItemsPath');
  const references = items
    ? textsIn(items).flatMap((node) => readExpression(node, map.language, 'input')?.references ?? [])
    : [INPUT];
  return references.some((reference) => origins.isOfSegments(map, reference));
});

function textsIn(node: AslNode): readonly AslNode[] {
  const inner = [...(node.items ?? []), ...(node.members ?? []).map(({ value }) => value)];
  return node.text === undefined ? inner.flatMap(textsIn) : [node];
}

/**
 * How a payload reads its segment out of the entry of the manifest that its Map goes over; undefined where that is not
 * sure.
 */
export function entryAtHand(
  field: TemplateField,
  map: State,
  present: Present,
  examination: Examination,
): string | undefined {
  if (!goesOverEntries(map, examination)) return undefined;
  const { state } = field;
  const index = ownIndex(present);
  // An item that is given the whole map and no index is read as its first segment.
  if (!index && presentMember(present, MAP)) return undefined;
  if (state === map) return isSelector(field) && (!index || isItemIndex(index.path)) ? itemMember(map) : undefined;
  const { owner, startAt } = state.scope;
  const isFirst =
    owner === map && state.type === 'Task' && startAt === state.name && textOf(state.node, 'InputPath') === undefined;
  if (!isFirst || !givesSegment(map, examination) || (index && !isIndexGiven(index.path, map))) return undefined;
  return state.language === 'JSONata' ? `$states.input.${SEGMENT_CONFIG}` : `$.${SEGMENT_CONFIG}`;
}

function itemMember({ language }: State): string {
  return language === 'JSONata'
    ? `$states.context.Map.Item.Value.${SEGMENT_CONFIG}`
    : `$$.Map.Item.Value.${SEGMENT_CONFIG}`;
}

/** Now, or after the patch. */
function goesOverEntries(map: State, examination: Examination): boolean {
  return readsManifest(map) || (manifestEdits(map, examination)?.every((edit) => !obstacleTo(edit)) ?? false);
}

function readsManifest(map: State): boolean {
  const items = itemsReference(map);
  return items?.steps.at(-1)?.name === MANIFEST && !items.isMany;
}

/** Without a selector the item is the entry itself; one with a field is given the segment in its place. */
function givesSegment(map: State, examination: Examination): boolean {
  const selector = selectorOf(map);
  return selector ? outermost(selector).some((entry) => isSegment(entry, map, examination)) : readsManifest(map);
}

function outermost(selector: TemplateField): readonly Entry[] {
  return templateObjects(selector)[0]?.entries ?? [];
}

function isSegment({ name, expression, member }: Entry, map: State, { origins, left }: Examination): boolean {
  if (!expression) return false;
  if (name === SEGMENT_CONFIG)
    return isOfItem(expression.path, readsManifest(map) ? ['Value', SEGMENT_CONFIG] : ['Value']);
  const found = isProgramField(name) ? wholeField(expression) : undefined;
  return (
    found !== undefined &&
    !left.has(writingKey(member.value)) &&
    origins.ofReference(map, found.reference, found.depth).has('program')
  );
}

function isItemIndex(path: Reference | undefined): boolean {
  return isOfItem(path, ['Index']);
}

function isOfItem(path: Reference | undefined, names: readonly string[]): boolean {
  return path?.root === 'context' && namesOf(path).join('.') === ['Map', 'Item', ...names].join('.');
}

/** True for an index that the selector has put into the item. */
function isIndexGiven(path: Reference | undefined, map: State): boolean {
  const [step, ...others] = path?.steps ?? [];
  const selector = selectorOf(map);
  if (path?.root !== 'input' || !step || others.length > 0 || !selector) return false;
  return outermost(selector).some(({ name, expression }) => name === step.name && isItemIndex(expression?.path));
}
