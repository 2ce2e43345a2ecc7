import { memberOf, valueOf } from '../read/node.js';
import type { AslNode } from '../read/node.js';
import { readExpression } from '../flow/expressions.js';
import { isProgramPath, MANIFEST_PATH } from '../flow/names.js';
import type { Expression } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import { stateStrings } from '../flow/strings.js';
import type { StateString } from '../flow/strings.js';
import { writingKey } from '../flow/writings.js';
import { manifestEdits } from './items.js';
import { stateName } from './discovery.js';
import type { Discovery, Edit } from './discovery.js';
import type { Examination } from './examination.js';
import { fieldReferences, isUntouched, wholeField } from './field-reference.js';
import type { FieldReference } from './field-reference.js';
import { isBeforeInitialiser, isStartingInput } from './initialiser.js';
import { isEditable, offsetIn } from './text-places-of.js';
import { byHand, canBeMended, leaveFixed } from './together.js';
import { HINTS } from './words.js';

/** Members of a JSONPath state that hold a path. */
const PATHS = /Path$|^Variable$/;

/** What is found in paths, choices and conditions. */
export function discoverInPaths(state: State, examination: Examination): readonly Discovery[] {
  const choices = choiceOfValues(valueOf(state.node, 'Choices')?.items ?? []);
  const sites = stateStrings(state).flatMap((string): Site[] => {
    if (state.language === 'JSONPath' && !PATHS.test(string.name)) return [];
    const expression = readExpression(string.node, state.language, 'input');
    return expression ? [{ state, string, expression }] : [];
  });
  const keeps = isToldApart(state, sites);
  const found = sites.flatMap((site) =>
    leaveFixed(discoverPath(site, keeps, examination)).map((discovery) => ({
      discovery,
      choice: choices.get(site.string.node),
    })),
  );
  const byChoice = new Map<AslNode, Discovery[]>();
  for (const { discovery, choice } of found) if (choice) byChoice.set(choice, append(byChoice.get(choice), discovery));
  const whole = new Set([...byChoice].flatMap(([choice, own]) => (canBeMended(own) ? [choice] : [])));
  return found.map(({ discovery, choice }) => (choice && !whole.has(choice) ? byHand(discovery) : discovery));
}

/** A string that is an expression. */
interface Site {
  readonly state: State;
  readonly string: StateString;
  readonly expression: Expression;
}

/** The rules of a Choice are tried one after the other, so that what one of them asks for matters to all. */
function isToldApart(state: State, sites: readonly Site[]): boolean {
  return state.type === 'Choice' && sites.some(({ expression }) => asksForPath(expression));
}

function append<T>(list: T[] | undefined, value: T): T[] {
  if (!list) return [value];
  list.push(value);
  return list;
}

/** The choice that each value is in: a condition is changed whole, or not at all. */
function choiceOfValues(choices: readonly AslNode[]): ReadonlyMap<AslNode, AslNode> {
  const found = new Map<AslNode, AslNode>();
  const visit = (node: AslNode, choice: AslNode): void => {
    found.set(node, choice);
    for (const item of node.items ?? []) visit(item, choice);
    for (const { value } of node.members ?? []) visit(value, choice);
  };
  for (const choice of choices) visit(choice, choice);
  return found;
}

function discoverPath(site: Site, keeps: boolean, examination: Examination): readonly Discovery[] {
  const { state, string, expression } = site;
  const all = fieldReferences(expression).filter(({ reference, depth }) =>
    examination.origins.ofReference(state, reference, depth).has('program'),
  );
  const [found] = all;
  if (!found) return [];
  if (all.every(isStartingInput) && isBeforeInitialiser(state)) return [startingInput(site, found)];
  const rule = string.name === 'ResultPath' ? 'asl/reinlines-program' : 'asl/reads-program';
  const does = rule === 'asl/reads-program' ? 'reads' : 're-inlines';
  const offset = offsetIn(state, string.node, expression.offset + found.reference.start);
  const edits = pathEdits(site, keeps, examination);
  const hint = edits ? '`statebag asl patch` does it' : HINTS.person;
  const message = `${stateName(state)} ${does} \`${found.field}\` in \`${string.name}\``;
  return [
    {
      rule,
      level: 'error',
      state,
      offset,
      pointer: string.pointer,
      message,
      hint,
      key: writingKey(string.node),
      reads: all,
      ...(edits && { edits }),
    },
  ];
}

/** The input of the execution has no path: the initialiser, which comes later, gets the program that is read here. */
function startingInput({ state, string, expression }: Site, { field, reference }: FieldReference): Discovery {
  return {
    rule: 'asl/initialiser',
    level: 'note',
    state,
    offset: offsetIn(state, string.node, expression.offset + reference.start),
    pointer: string.pointer,
    message: `${stateName(state)} reads \`${field}\` of the execution's input in \`${string.name}\``,
    hint: HINTS.initialiser,
  };
}

function pathEdits(site: Site, keeps: boolean, examination: Examination): readonly Edit[] | undefined {
  const { state, string } = site;
  if (!isEditable(state, string.node)) return undefined;
  if (string.holder === state.node && ['ItemsPath', 'Items'].includes(string.name))
    return state.type === 'Map' ? manifestEdits(state, examination) : undefined;
  // A Pass state that copies a map would put the path beside the program of what it copies into.
  return state.type === 'Choice' || (state.language === 'JSONata' && state.type !== 'Pass')
    ? probeEdits(site, keeps, examination)
    : undefined;
}

/** What asks for a path as well tells lean bags from fat ones: changed, it would ask for the path twice. */
function asksForPath({ references }: Expression): boolean {
  return references.some(({ steps }) => steps.some(({ name }) => isProgramPath(name)));
}

/** Each field that an expression reads must only be asked for, and be the field itself. */
function probeEdits(
  { state, string, expression }: Site,
  keeps: boolean,
  { origins }: Examination,
): readonly Edit[] | undefined {
  if (keeps || asksForPath(expression)) return undefined;
  const edits = fieldReferences(expression).map((found) => {
    const { reference, depth } = found;
    const whole = wholeField({ references: [], path: reference });
    const isFit =
      whole && isProbe(state, string, expression, found) && isUntouched(origins.ofReference(state, reference, depth));
    return isFit && whole.step ? rename(state, string, expression, whole, MANIFEST_PATH) : undefined;
  });
  return edits.every((edit) => edit !== undefined) ? edits : undefined;
}

/** Whether a program is there is whether a path to one is there. */
function isProbe(
  { language }: State,
  { name, holder }: StateString,
  { probes }: Expression,
  { reference }: FieldReference,
): boolean {
  if (language === 'JSONata')
    return probes.some(({ start, end }) => start === reference.start && end === reference.end);
  return name === 'Variable' && ['IsPresent', 'IsNull'].some((test) => memberOf(holder, test) !== undefined);
}

function rename(
  state: State,
  { node }: Pick<StateString, 'node'>,
  { offset }: Expression,
  { step }: FieldReference,
  name: string,
): Edit {
  return { kind: 'text', node, state, start: offset + step!.nameStart, end: offset + step!.nameEnd, insert: name };
}
