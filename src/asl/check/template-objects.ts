import { textOf, valueOf } from '../read/node.js';
import type { AslNode } from '../read/node.js';
import { BAG_NAMES, INDEX_NAMES, SEGMENT_CONFIG, SEGMENT_INDEX, isProgramField } from '../flow/names.js';
import type { Origin } from '../flow/origins.js';
import type { Expression } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import type { Entry, TemplateObject } from '../flow/templates.js';
import { indexInCall, keptPaths, payloadAdditions } from './additions.js';
import type { Present, Wanted } from './additions.js';
import type { Addition, Discovery, ObjectEdit } from './discovery.js';
import type { Examination } from './examination.js';
import { fieldReferences, isExecutionInput, siblingOf } from './field-reference.js';
import type { FieldReference, Sibling } from './field-reference.js';
import { HINTS, messageOf, ruleOf } from './words.js';

/** What is found in the members of one object of a template. */
export function discoverInObject(object: TemplateObject, examination: Examination): readonly Discovery[] {
  return object.entries.flatMap((entry) => {
    if (isProgramField(entry.name)) return discoverField(object, entry, examination);
    return entry.expression ? discoverMention(object, entry, entry.expression, examination) : [];
  });
}

function discoverField(object: TemplateObject, entry: Entry, examination: Examination): readonly Discovery[] {
  const { expression } = entry;
  if (!expression || expression.references.length === 0) return isHarmless(entry) ? [] : [literal(object, entry)];
  const origins = originsOf(object, expression, examination);
  if (!origins.has('program') && !origins.has('branch')) return [];
  const [found] = fieldReferences(expression);
  const told = settled(object, entry, found, origins);
  if (told) return [told];
  const edits = isChildExecution(object.field.state) ? undefined : fieldEdits(object, entry, expression, origins, examination);
  return [program(object, entry, `\`${entry.name}\``, edits)];
}

/** A field under another name, or something out of it. What builds objects is looked at with these. */
function discoverMention(object: TemplateObject, entry: Entry, expression: Expression, examination: Examination): readonly Discovery[] {
  const built = expression.objects.flatMap(({ members }) => members.filter(({ name }) => isProgramField(name)));
  const found = fieldReferences(expression).find(({ reference }) => !built.some(({ references }) => references.some(({ start }) => start === reference.start)));
  if (!found) return [];
  const origins = examination.origins.ofReference(object.field.state, found.reference, found.depth);
  if (!origins.has('program') && !origins.has('branch')) return [];
  const told = settled(object, entry, found, origins);
  if (told) return [told];
  const edit = entry.name === SEGMENT_CONFIG && object.field.role === 'payload' ? segmentEdit(object, entry, expression, found, examination) : undefined;
  return [program(object, entry, `\`${found.field}\` as \`${entry.name}\``, edit && [edit])];
}

/** What stays as it is: a branch's own program, and the config an execution is started with. */
function settled({ field, pointer }: TemplateObject, entry: Entry, found: FieldReference | undefined, origins: ReadonlySet<Origin>): Discovery | undefined {
  const { state } = field;
  const at = { level: 'note', state, offset: entry.member.keyStart, pointer: pointerOf(state, pointer, entry) } as const;
  const what = `\`${entry.name}\``;
  if (!origins.has('program') && field.dollar === 'result') {
    const message = messageOf('asl/branch-program', `a branch's own ${what}, out of a result,`, field);
    return { ...at, level: 'warning', rule: 'asl/branch-program', message, hint: HINTS.answer };
  }
  if (!origins.has('program')) return { ...at, rule: 'asl/branch-program', message: messageOf('asl/branch-program', `a branch's own ${what}`, field), hint: HINTS.branch };
  if (!found || field.role !== 'payload' || !isInitialiser(state) || !isStartingInput(found)) return undefined;
  return { ...at, rule: 'asl/initialiser', message: messageOf('asl/passes-program', `${what} of the execution's input`, field), hint: HINTS.initialiser };
}

function program({ field, pointer }: TemplateObject, entry: Entry, what: string, edits: readonly ObjectEdit[] | undefined): Discovery {
  const { state } = field;
  const rule = ruleOf(field);
  const byHand = isChildExecution(state) ? HINTS.child : HINTS.person;
  const at = { rule, level: 'error', state, offset: entry.member.keyStart, pointer: pointerOf(state, pointer, entry) } as const;
  return { ...at, message: messageOf(rule, what, field), hint: edits ? HINTS[field.role] : byHand, ...(edits && { edits }) };
}

function literal({ field, pointer }: TemplateObject, entry: Entry): Discovery {
  const { state } = field;
  const message = messageOf('asl/literal-program', `\`${entry.name}\` written out`, field);
  return { rule: 'asl/literal-program', level: 'error', state, offset: entry.member.keyStart, pointer: pointerOf(state, pointer, entry), message, hint: HINTS.literal };
}

function pointerOf({ scope }: State, pointer: readonly string[], { member }: Entry): readonly string[] {
  return scope.machine.isEmbedded ? pointer : [...pointer, member.name];
}

/** `null`, an empty text and empty containers hold no program. */
function isHarmless({ member: { value }, expression }: Entry): boolean {
  if (expression) return ['null', '""', '{}', '[]'].includes(expression.text.trim());
  return isEmptyText(value) || ['null', 'number', 'true', 'false'].includes(value.kind) || value.members?.length === 0 || value.items?.length === 0;
}

function isEmptyText({ kind, text }: AslNode): boolean {
  return kind === 'string' && text?.trim() === '';
}

function originsOf({ field }: TemplateObject, expression: Expression, { origins }: Examination): ReadonlySet<Origin> {
  const [found] = fieldReferences(expression);
  if (found) return origins.ofReference(field.state, found.reference, found.depth);
  return origins.ofReference(field.state, expression.path ?? expression.references[0]!);
}

function fieldEdits(object: TemplateObject, entry: Entry, expression: Expression, origins: ReadonlySet<Origin>, examination: Examination): readonly ObjectEdit[] | undefined {
  const { field, target } = object;
  const wanted = wantedOf(object, entry, expression);
  const present = presentIn(object);
  const isPayload = field.role === 'payload';
  const add = isPayload ? payloadAdditions(wanted, present, field, examination) : keptPaths(wanted, present, examination);
  const paths = pathsOfBranches(object, wanted, examination);
  if (!add || !paths) return undefined;
  if (origins.has('branch')) return [edit(object, entry, add, 'keep'), ...paths];
  const isShared = !isPayload && target !== undefined && examination.origins.ofTarget(field.state, entryPlace(target, entry)).has('branch');
  return [edit(object, entry, add, isShared ? 'clear' : 'drop'), ...paths];
}

/**
 * A state that puts a branch's map where the workflow's was must put the path there too, as it is read from there now.
 * Undefined when it cannot be said where it gets it from.
 */
function pathsOfBranches({ field: { state } }: TemplateObject, { base, field }: Wanted, examination: Examination): readonly ObjectEdit[] | undefined {
  const isShared = base !== undefined && examination.origins.ofTarget(state, [...base, field]).has('branch');
  const objects = isShared ? examination.origins.objectsAt(state, base) : [];
  const edits = objects.flatMap((object) => {
    const entry = object.entries.find(({ name, expression }) => name === field && expression && !originsOf(object, expression, examination).has('program'));
    if (!entry) return [];
    const sibling = commonSibling(object);
    const add = keptPaths({ field, ...(sibling && { sibling }) }, presentIn(object), examination);
    return [add && edit(object, entry, add, 'keep')];
  });
  return edits.every((made) => made !== undefined) ? edits : undefined;
}

function entryPlace(target: readonly string[], { name }: Entry): readonly string[] {
  return target.length === 0 ? [`$${name}`] : [...target, name];
}

function segmentEdit(object: TemplateObject, entry: Entry, expression: Expression, found: FieldReference, examination: Examination): ObjectEdit | undefined {
  const index = indexInCall(expression);
  const wanted: Wanted = { field: found.field, sibling: siblingOf(expression, found), ...baseOf(object, found), ...(index !== undefined && { index }) };
  const present = presentIn(object);
  const names = new Set([...present.names].filter((name) => name !== SEGMENT_CONFIG));
  const add = payloadAdditions(wanted, { ...present, names }, object.field, examination);
  return add && edit(object, entry, add, 'drop');
}

function edit({ node, field: { state } }: TemplateObject, { index }: Entry, add: readonly Addition[], fate: 'drop' | 'clear' | 'keep'): ObjectEdit {
  return { kind: 'object', node, state, add, anchor: index, drop: fate === 'drop' ? [index] : [], clear: fate === 'clear' ? [index] : [] };
}

function wantedOf(object: TemplateObject, { name }: Entry, expression: Expression): Wanted {
  const found = fieldReferences(expression).find(({ reference }) => !isExecutionInput(reference));
  if (found) return { field: name, sibling: siblingOf(expression, found), ...baseOf(object, found) };
  const sibling = commonSibling(object);
  return { field: name, ...(sibling && { sibling }) };
}

/** Where the object that a field lies in is kept, as far as the machine's own data goes. */
function baseOf({ field: { state } }: TemplateObject, { reference, depth }: FieldReference): Pick<Wanted, 'base'> {
  const names = reference.steps.slice(0, Math.max(0, depth - 1)).map(({ name }) => name);
  if (reference.root.startsWith('$')) return { base: depth === 0 ? [] : [reference.root, ...names] };
  return reference.root === 'input' && textOf(state.node, 'InputPath') === undefined ? { base: ['input', ...names] } : {};
}

/** Where most of the other members that keep their names come from. */
function commonSibling({ entries }: TemplateObject): Sibling | undefined {
  const counts = new Map<string, number>();
  for (const { name, expression } of entries) {
    const last = expression?.path?.steps.at(-1);
    if (!expression?.path || last?.name !== name || isExecutionInput(expression.path) || isProgramField(name)) continue;
    const before = expression.text.slice(expression.path.start, last.start);
    counts.set(before, (counts.get(before) ?? 0) + 1);
  }
  const [common] = [...counts].sort(([, one], [, other]) => other - one);
  return common && ((name) => `${common[0]}.${name}`);
}

function presentIn({ entries }: TemplateObject): Present {
  const names = new Set(entries.map(({ name }) => name));
  const found = INDEX_NAMES.filter((name) => name !== SEGMENT_INDEX).flatMap((name) => entries.filter((entry) => entry.name === name))[0];
  const index = found && valueOfEntry(found);
  return { names, ...(index && { index }) };
}

function valueOfEntry({ expression, member: { value } }: Entry): Addition['value'] | undefined {
  if (expression) return { expression: expression.text.trim() };
  return value.number === undefined ? undefined : { json: value.number };
}

/** A task that another execution is started with. */
function isChildExecution({ node }: State): boolean {
  return textOf(node, 'Resource')?.includes('states:startExecution') === true;
}

/** By the name of the state or of its function. */
function isInitialiser({ name, node, type }: State): boolean {
  const payload = valueOf(node, 'Parameters') ?? valueOf(node, 'Arguments');
  const functionName = payload && textOf(payload, 'FunctionName');
  return type === 'Task' && [name, functionName, textOf(node, 'Resource')].some((text) => text !== undefined && /init/i.test(text));
}

function isStartingInput({ reference }: FieldReference): boolean {
  if (isExecutionInput(reference)) return true;
  return reference.root === 'input' && !reference.steps.some(({ name }) => BAG_NAMES.includes(name));
}
