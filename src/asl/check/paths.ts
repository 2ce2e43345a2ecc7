import { memberOf, valueOf } from '../read/node.js';
import type { AslNode } from '../read/node.js';
import { readExpression } from '../flow/expressions.js';
import { MANIFEST_PATH } from '../flow/names.js';
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
import { isEditable, offsetIn } from './text-places-of.js';
import { byHand, canBeMended, leaveFixed } from './together.js';
import { HINTS } from './words.js';

/** Members of a JSONPath state that hold a path. */
const PATHS = /Path$|^Variable$/;

/** What is found in paths, choices and conditions. */
export function discoverInPaths(state: State, examination: Examination): readonly Discovery[] {
  const choices = choiceOfValues(valueOf(state.node, 'Choices')?.items ?? []);
  const found = stateStrings(state).flatMap((string) => {
    if (state.language === 'JSONPath' && !PATHS.test(string.name)) return [];
    const expression = readExpression(string.node, state.language, 'input');
    const choice = choices.get(string.node);
    return expression
      ? leaveFixed(discoverPath(state, string, expression, examination)).map((discovery) => ({ discovery, choice }))
      : [];
  });
  const byChoice = new Map<AslNode, Discovery[]>();
  for (const { discovery, choice } of found) if (choice) byChoice.set(choice, append(byChoice.get(choice), discovery));
  const whole = new Set([...byChoice].flatMap(([choice, own]) => (canBeMended(own) ? [choice] : [])));
  return found.map(({ discovery, choice }) => (choice && !whole.has(choice) ? byHand(discovery) : discovery));
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

function discoverPath(
  state: State,
  string: StateString,
  expression: Expression,
  examination: Examination,
): readonly Discovery[] {
  const all = fieldReferences(expression).filter(({ reference, depth }) =>
    examination.origins.ofReference(state, reference, depth).has('program'),
  );
  const [found] = all;
  if (!found) return [];
  const rule = string.name === 'ResultPath' ? 'asl/reinlines-program' : 'asl/reads-program';
  const does = rule === 'asl/reads-program' ? 'reads' : 're-inlines';
  const offset = offsetIn(state, string.node, expression.offset + found.reference.start);
  const edits = pathEdits(state, string, expression, examination);
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
      ...(edits && { edits }),
    },
  ];
}

function pathEdits(
  state: State,
  string: StateString,
  expression: Expression,
  examination: Examination,
): readonly Edit[] | undefined {
  if (!isEditable(state, string.node)) return undefined;
  if (string.holder === state.node && ['ItemsPath', 'Items'].includes(string.name))
    return state.type === 'Map' ? manifestEdits(state, examination) : undefined;
  // A Pass state that copies a map would put the path beside the program of what it copies into.
  return state.type === 'Choice' || (state.language === 'JSONata' && state.type !== 'Pass')
    ? probeEdits(state, string, expression, examination)
    : undefined;
}

/** Each field that an expression reads must only be asked for, and be the field itself. */
function probeEdits(
  state: State,
  string: StateString,
  expression: Expression,
  { origins }: Examination,
): readonly Edit[] | undefined {
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
