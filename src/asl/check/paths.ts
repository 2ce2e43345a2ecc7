import { memberOf } from '../read/node.js';
import type { AslMember } from '../read/node.js';
import { readExpression } from '../flow/expressions.js';
import { MANIFEST, MANIFEST_PATH, MAP } from '../flow/names.js';
import type { Expression } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import { stateStrings } from '../flow/strings.js';
import type { StateString } from '../flow/strings.js';
import { itemEdits } from './items.js';
import { stateName } from './discovery.js';
import type { Discovery, Edit, ObjectEdit } from './discovery.js';
import type { Examination } from './examination.js';
import { fieldReferences } from './field-reference.js';
import type { FieldReference } from './field-reference.js';
import { isEditable, offsetIn } from './text-places-of.js';
import { HINTS } from './words.js';

/** Members of a JSONPath state that hold a path. */
const PATHS = /Path$|^Variable$/;

/** What is found in paths, choices and conditions. */
export function discoverInPaths(state: State, examination: Examination): readonly Discovery[] {
  return stateStrings(state).flatMap((string) => {
    if (state.language === 'JSONPath' && !PATHS.test(string.name)) return [];
    const expression = readExpression(string.node, state.language, 'input');
    return expression ? discoverPath(state, string, expression, examination) : [];
  });
}

function discoverPath(state: State, string: StateString, expression: Expression, { origins }: Examination): readonly Discovery[] {
  const found = fieldReferences(expression).find(({ reference, depth }) => origins.ofReference(state, reference, depth).has('program'));
  if (!found) return [];
  const rule = string.name === 'ResultPath' ? 'asl/reinlines-program' : 'asl/reads-program';
  const does = rule === 'asl/reads-program' ? 'reads' : 're-inlines';
  const offset = offsetIn(state, string.node, expression.offset + found.reference.start);
  const edits = pathEdits(state, string, expression, found);
  const hint = edits ? '`statebag asl patch` does it' : HINTS.person;
  return [{ rule, level: 'error', state, offset, pointer: string.pointer, message: `${stateName(state)} ${does} \`${found.field}\` in \`${string.name}\``, hint, ...(edits && { edits }) }];
}

function pathEdits(state: State, string: StateString, expression: Expression, found: FieldReference): readonly Edit[] | undefined {
  if (!found.step || found.depth !== found.reference.steps.length || !isEditable(state, string.node)) return undefined;
  if (isProbe(state, string, expression, found)) return [rename(state, string, expression, found, MANIFEST_PATH)];
  if (['ItemsPath', 'Items'].includes(string.name) && found.field === MAP) {
    const items = itemEdits(state);
    return items && [rename(state, string, expression, found, MANIFEST), ...items];
  }
  return copyEdits(state, string);
}

/** Whether a program is there is whether a path to one is there. */
function isProbe({ language }: State, { name, holder }: StateString, { probes }: Expression, { reference }: FieldReference): boolean {
  if (language === 'JSONata') return probes.some(({ start, end }) => start === reference.start && end === reference.end);
  return name === 'Variable' && ['IsPresent', 'IsNull'].some((test) => memberOf(holder, test) !== undefined);
}

function rename(state: State, { node }: StateString, { offset }: Expression, { step }: FieldReference, name: string): Edit {
  return { kind: 'text', node, state, start: offset + step!.nameStart, end: offset + step!.nameEnd, insert: name };
}

/** A Pass state that only copies a field to another place: it copies nothing any more. */
function copyEdits(state: State, { name }: StateString): readonly ObjectEdit[] | undefined {
  if (state.type !== 'Pass' || state.language !== 'JSONPath' || !['InputPath', 'ResultPath'].includes(name)) return undefined;
  const [input, result] = [positionOf(state, 'InputPath'), positionOf(state, 'ResultPath')];
  const isPlain = ['Parameters', 'Result', 'OutputPath'].every((other) => memberOf(state.node, other) === undefined);
  if (!isPlain || input < 0 || result < 0 || !isFieldPath(state, state.node.members![input]!)) return undefined;
  return [{ kind: 'object', node: state.node, state, drop: [input], clear: [result], add: [], anchor: input }];
}

function positionOf({ node }: State, name: string): number {
  return node.members?.findLastIndex((member) => member.name === name) ?? -1;
}

function isFieldPath(state: State, { value }: AslMember): boolean {
  const expression = readExpression(value, state.language, 'input');
  return expression !== undefined && fieldReferences(expression).length > 0;
}
