import { textOf } from '../read/node.js';
import type { AslNode } from '../read/node.js';
import { parseJsonPathText } from '../flow/json-path.js';
import { MANIFEST_PATH, MAP, OWNER_NAMES, SEGMENT_CONFIG, SEGMENT_TO_RUN, isProgramField } from '../flow/names.js';
import type { Origin } from '../flow/leads.js';
import type { Expression, Reference } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import { entryTarget, isSelector } from '../flow/templates.js';
import type { Entry, TemplateObject } from '../flow/templates.js';
import { sourcesOf, writingKey } from '../flow/writings.js';
import { keptPaths, payloadAdditions, segmentAdditions } from './additions.js';
import type { Wanted } from './additions.js';
import type { Addition, Discovery, ObjectEdit } from './discovery.js';
import type { Examination } from './examination.js';
import {
  builtStarts,
  fieldReferences,
  isExecutionInput,
  isUntouched,
  siblingOf,
  wholeField,
} from './field-reference.js';
import type { FieldReference, Sibling } from './field-reference.js';
import { isHandedOn } from './handed-on.js';
import { isBeforeInitialiser, isInitialiser, isStartingInput } from './initialiser.js';
import { byHand, canBeMended, leaveFixed } from './together.js';
import { decides, hasOwner, isSibling, presentIn } from './present.js';
import { heldValue } from './attribute-values.js';
import { HINTS, messageOf, ruleOf } from './words.js';

/** What is found in the members of one object of a template. */
export function discoverInObject(object: TemplateObject, examination: Examination): readonly Discovery[] {
  const found = object.entries.flatMap((entry) => {
    const own = isProgramField(entry.name)
      ? discoverField(object, entry, examination)
      : discoverMention(object, entry, examination);
    return leaveFixed(own).map((discovery) => ({ discovery, isDeciding: decides(entry.name) }));
  });
  const deciding = found.flatMap(({ discovery, isDeciding }) => (isDeciding ? [discovery] : []));
  const isWhole = canBeMended(deciding);
  return found.map(({ discovery, isDeciding }) => (isDeciding && !isWhole ? byHand(discovery) : discovery));
}

function discoverField(object: TemplateObject, entry: Entry, examination: Examination): readonly Discovery[] {
  const { expression } = entry;
  if (!expression || expression.references.length === 0) return discoverLiteral(object, entry);
  const origins = originsOf(object, expression, examination);
  if (!origins.has('program') && !origins.has('branch')) return [];
  const reads = fieldReferences(expression);
  const told = settled(object, entry, reads, origins);
  if (told) return [told];
  const edits = isChildExecution(object.field.state)
    ? HINTS.child
    : fieldEdits(object, entry, expression, origins, examination);
  return [program(object, entry, `\`${entry.name}\``, reads, edits, examination)];
}

/** A field under another name, or something out of it. What builds objects is looked at with these. */
function discoverMention(object: TemplateObject, entry: Entry, examination: Examination): readonly Discovery[] {
  const { expression } = entry;
  if (!expression) return [];
  const built = builtStarts(expression);
  const found = fieldReferences(expression).filter(({ reference }) => !built.has(reference.start));
  const [first] = found;
  if (!first) return [];
  const { state } = object.field;
  const origins = new Set(
    found.flatMap(({ reference, depth }) => [...examination.origins.ofReference(state, reference, depth)]),
  );
  if (!origins.has('program') && !origins.has('branch')) return [];
  const told = settled(object, entry, found, origins);
  if (told) return [told];
  const isSegment = entry.name === SEGMENT_CONFIG && object.field.role === 'payload';
  const byHandHint = isChildExecution(state) ? HINTS.child : HINTS.person;
  const edits = isSegment ? segmentEdits(object, entry, expression, examination) : byHandHint;
  return [program(object, entry, `\`${first.field}\` as \`${entry.name}\``, found, edits, examination)];
}

/** What stays as it is: a branch's own program, and the config an execution is started with. */
function settled(
  { field, pointer }: TemplateObject,
  entry: Entry,
  found: readonly FieldReference[],
  origins: ReadonlySet<Origin>,
): Discovery | undefined {
  const { state } = field;
  const at = {
    level: 'note',
    state,
    offset: entry.member.keyStart,
    pointer: pointerOf(state, pointer, entry),
  } as const;
  const what = `\`${entry.name}\``;
  if (!origins.has('program') && field.dollar === 'result') {
    const message = messageOf('asl/branch-program', `a branch's own ${what}, out of a result,`, field);
    return { ...at, level: 'warning', rule: 'asl/branch-program', message, hint: HINTS.answer };
  }
  if (!origins.has('program'))
    return {
      ...at,
      rule: 'asl/branch-program',
      message: messageOf('asl/branch-program', `a branch's own ${what}`, field),
      hint: HINTS.branch,
    };
  const isStart = field.role === 'payload' ? isInitialiser(state) : isBeforeInitialiser(state);
  if (found.length === 0 || !isStart || !found.every(isStartingInput)) return undefined;
  return {
    ...at,
    rule: 'asl/initialiser',
    reads: found,
    message: messageOf('asl/passes-program', `${what} of the execution's input`, field),
    hint: HINTS.initialiser,
  };
}

/** `edits`, or why a person must do it. */
function program(
  { field, node, pointer, target }: TemplateObject,
  entry: Entry,
  what: string,
  reads: readonly FieldReference[],
  outcome: readonly ObjectEdit[] | string,
  { left }: Examination,
): Discovery {
  const { state } = field;
  const { value, keyStart } = entry.member;
  const key = writingKey(value);
  const edits = left.has(key) && typeof outcome !== 'string' ? HINTS.reader : outcome;
  const at = {
    rule: ruleOf(field),
    level: 'error',
    state,
    offset: keyStart,
    pointer: pointerOf(state, pointer, entry),
    message: messageOf(ruleOf(field), what, field),
    key,
    reads,
    ...(target && { writes: entryTarget(target, entry.name) }),
    ...(node === field.node && isSelector(field) && { gives: entry.name }),
  } as const;
  return typeof edits === 'string' ? { ...at, hint: edits } : { ...at, hint: HINTS[field.role], edits };
}

function discoverLiteral(object: TemplateObject, entry: Entry): readonly Discovery[] {
  const held = entry.expression ? entry.member.value : heldValue(entry.member.value);
  if (!held || isHarmless({ ...entry, member: { ...entry.member, value: held } })) return [];
  const isText = !entry.expression && held.text !== undefined && !held.text.includes('{');
  return [isText ? literalText(object, entry) : literal(object, entry)];
}

/** Text is no program: what a path would lead to is not read when the mark of a path is missing. */
function literalText(object: TemplateObject, entry: Entry): Discovery {
  const { language } = object.field.state;
  const message = messageOf('asl/literal-program', `\`${entry.name}\` as text, which is not a program,`, object.field);
  const hint = language === 'JSONata' ? HINTS.textOfJsonata : HINTS.text;
  return { ...literal(object, entry), level: 'warning', message, hint };
}

function literal({ field, pointer }: TemplateObject, entry: Entry): Discovery {
  const { state } = field;
  const message = messageOf('asl/literal-program', `\`${entry.name}\` written out`, field);
  return {
    rule: 'asl/literal-program',
    level: 'error',
    state,
    offset: entry.member.keyStart,
    pointer: pointerOf(state, pointer, entry),
    message,
    hint: HINTS.literal,
    key: writingKey(entry.member.value),
  };
}

function pointerOf({ scope }: State, pointer: readonly string[], { member }: Entry): readonly string[] {
  return scope.machine.isEmbedded ? pointer : [...pointer, member.name];
}

/** `null`, an empty text and empty containers hold no program. */
function isHarmless({ member: { value }, expression }: Entry): boolean {
  if (expression) return ['null', '""', '{}', '[]'].includes(expression.text.trim());
  return (
    isEmptyText(value) ||
    ['null', 'number', 'true', 'false'].includes(value.kind) ||
    value.members?.length === 0 ||
    value.items?.length === 0
  );
}

function isEmptyText({ kind, text }: AslNode): boolean {
  return kind === 'string' && text?.trim() === '';
}

/** Of all that a value is made of; `made` unless it is a path and nothing else. */
function originsOf(
  { field: { state } }: TemplateObject,
  expression: Expression,
  { origins }: Examination,
): ReadonlySet<Origin> {
  const found = fieldReferences(expression);
  if (expression.path && !expression.path.isMany) return origins.ofReference(state, expression.path, found[0]?.depth);
  const fields = found.flatMap(({ reference, depth }) => [...origins.ofReference(state, reference, depth)]);
  const others =
    found.length > 0 ? [] : sourcesOf(expression).flatMap((reference) => [...origins.ofReference(state, reference)]);
  return new Set([...fields, ...others, 'made']);
}

function fieldEdits(
  object: TemplateObject,
  entry: Entry,
  expression: Expression,
  origins: ReadonlySet<Origin>,
  examination: Examination,
): readonly ObjectEdit[] | string {
  const { field, target } = object;
  const wanted = wantedOf(object, entry, expression);
  if (!wanted || origins.has('made')) return HINTS.person;
  const present = presentIn(object);
  const isPayload = field.role === 'payload';
  const isEvent =
    !isPayload && target !== undefined && target.length > 0 && isHandedOn(field.state, target, examination);
  if (isEvent && !hasOwner(present, wanted.found)) return HINTS.owner;
  const isMixed = origins.has('branch');
  const outcome = isPayload
    ? payloadAdditions(
        { ...wanted, isBranch: isMixed || hasBranchMap(object, examination) },
        present,
        field,
        examination,
      )
    : keptPaths(wanted, present, examination);
  const paths = pathsOfBranches(object, wanted, examination);
  if ('hint' in outcome) return outcome.hint;
  if (!paths) return HINTS.person;
  if (isMixed && !isAlwaysThere(object, wanted, examination)) return HINTS.person;
  if (isMixed) return [edit(object, entry, outcome.add, 'keep'), ...paths];
  const there =
    isPayload || !target ? undefined : examination.origins.ofTarget(field.state, entryTarget(target, entry.name));
  if (there?.has('made')) return HINTS.together;
  return [edit(object, entry, outcome.add, there?.has('branch') ? 'clear' : 'drop'), ...paths];
}

/**
 * True when a field that stays, for the branches, is there beside a lean bag too: where states write the object out
 * they leave `null` in it, and a function that is given `null` answers with it. JSONPath ends the execution at a path
 * that leads to nothing; JSONata leaves the member out.
 */
function isAlwaysThere(object: TemplateObject, { base, found }: Wanted, { origins }: Examination): boolean {
  const { state } = object.field;
  if (state.language === 'JSONata' || found.reference.root === 'result') return true;
  return base !== undefined && origins.objectsAt(state, base).length > 0;
}

/** True when the object hands on a map that is a branch's own and stays. */
function hasBranchMap(object: TemplateObject, examination: Examination): boolean {
  return object.entries.some(
    ({ name, expression }) =>
      name === MAP && expression !== undefined && originsOf(object, expression, examination).has('branch'),
  );
}

/**
 * A state that puts a branch's map where the workflow's was must put the path there too, as it is read from there now.
 * Undefined when it cannot be said where it gets it from.
 */
function pathsOfBranches(
  { field: { state } }: TemplateObject,
  { base, field }: Wanted,
  examination: Examination,
): readonly ObjectEdit[] | undefined {
  const isShared = base !== undefined && examination.origins.ofTarget(state, [...base, field]).has('branch');
  const objects = isShared ? examination.origins.objectsAt(state, base) : [];
  const edits = objects.flatMap((object) => {
    const entry = object.entries.find(
      ({ name, expression }) =>
        name === field && expression && !originsOf(object, expression, examination).has('program'),
    );
    if (!entry) return [];
    const sibling = besideOwner(object);
    const isThere = object.entries.some(({ name }) => name === MANIFEST_PATH);
    if (isThere) return [edit(object, entry, [], 'keep')];
    return [
      sibling && edit(object, entry, [{ name: MANIFEST_PATH, value: { expression: sibling(MANIFEST_PATH) } }], 'keep'),
    ];
  });
  return edits.every((made) => made !== undefined) ? edits : undefined;
}

function segmentEdits(
  object: TemplateObject,
  entry: Entry,
  expression: Expression,
  examination: Examination,
): readonly ObjectEdit[] | string {
  const wanted = segmentWanted(object, expression, examination);
  if (!wanted) return HINTS.person;
  const outcome = segmentAdditions(wanted, presentIn(object), object.field, examination);
  return 'hint' in outcome ? outcome.hint : [edit(object, entry, outcome.add, 'drop')];
}

/** The map, when the expression takes the segment out of it that the index beside it says, and does nothing else. */
function segmentWanted(object: TemplateObject, expression: Expression, { origins }: Examination): Wanted | undefined {
  const [map = '', index = '', ...others] = expression.call?.arguments ?? [];
  const found = wholeField({ references: [], ...pathOf(map, object) });
  const isCall =
    expression.call?.name === 'States.ArrayGetItem' && others.length === 0 && expression.text.trim().endsWith(')');
  if (!isCall || found?.field !== MAP || expression.references.length !== 2) return undefined;
  if (!isUntouched(origins.ofReference(object.field.state, found.reference, found.depth))) return undefined;
  const sibling = siblingOf({ text: map }, found);
  const position = {
    name: SEGMENT_TO_RUN,
    references: [],
    isEmpty: false,
    value: { expression: index },
    ...pathOf(index, object),
  };
  return isSibling(position, found, sibling, SEGMENT_TO_RUN)
    ? { field: MAP, found, sibling, isBranch: false, ...baseOf(object, found) }
    : undefined;
}

function pathOf(text: string, { field }: TemplateObject): { readonly path?: Reference } {
  const path = parseJsonPathText(text, field.dollar)?.path;
  return path ? { path } : {};
}

function edit(
  { node, field: { state } }: TemplateObject,
  { index }: Entry,
  add: readonly Addition[],
  fate: 'drop' | 'clear' | 'keep',
): ObjectEdit {
  return {
    kind: 'object',
    node,
    state,
    add,
    anchor: index,
    drop: fate === 'drop' ? [index] : [],
    clear: fate === 'clear' ? [index] : [],
  };
}

/** Undefined for a value that is not the field itself. */
function wantedOf(object: TemplateObject, { name }: Entry, expression: Expression): Wanted | undefined {
  const found = wholeField(expression);
  return found?.field === name
    ? { field: name, found, sibling: siblingOf(expression, found), isBranch: false, ...baseOf(object, found) }
    : undefined;
}

/** Where the object that a field lies in is kept, as far as the machine's own data goes. */
function baseOf({ field: { state } }: TemplateObject, { reference, depth }: FieldReference): Pick<Wanted, 'base'> {
  const names = reference.steps.slice(0, Math.max(0, depth - 1)).map(({ name }) => name);
  if (reference.root.startsWith('$')) return { base: depth === 0 ? [] : [reference.root, ...names] };
  return reference.root === 'input' && textOf(state.node, 'InputPath') === undefined
    ? { base: ['input', ...names] }
    : {};
}

/** Where the owner of an object comes from; what lies there is of the same owner. */
function besideOwner({ entries }: TemplateObject): Sibling | undefined {
  const owner = entries.find(({ name }) => OWNER_NAMES.includes(name));
  const [path, text] = [owner?.expression?.path, owner?.expression?.text];
  const last = path?.steps.at(-1);
  if (!path || text === undefined || last?.name !== owner?.name || path.isMany || isExecutionInput(path))
    return undefined;
  return (name) => `${text.slice(path.start, last!.start)}.${name}`;
}

/** A task that another execution is started with. */
function isChildExecution({ node }: State): boolean {
  return /:start(?:Sync)?Execution\b/.test(textOf(node, 'Resource') ?? '');
}
