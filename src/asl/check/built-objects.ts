import type { AslNode } from '../read/node.js';
import type { Pointer } from '../read/machines.js';
import { MANIFEST_PATH, MAP, isProgramField } from '../flow/names.js';
import type { Origin } from '../flow/leads.js';
import { namesOf } from '../flow/reference.js';
import type { BuiltMember, BuiltObject, Expression } from '../flow/reference.js';
import { entryTarget } from '../flow/templates.js';
import type { TemplateField } from '../flow/templates.js';
import { placeOf, writingKey } from '../flow/writings.js';
import { keptPaths, payloadAdditions } from './additions.js';
import type { Outcome, Wanted } from './additions.js';
import type { Addition, Discovery, TextEdit } from './discovery.js';
import type { Examination } from './examination.js';
import { fieldReferences, isUntouched, siblingOf, wholeField } from './field-reference.js';
import { hasOwner, presentInBuilt } from './present.js';
import { isEditable, offsetIn } from './text-places-of.js';
import { byHand, canBeMended, leaveFixed } from './together.js';
import { HINTS, messageOf, ruleOf } from './words.js';

/** A string of a template, with the expression in it. */
export interface TemplateString {
  readonly field: TemplateField;
  readonly node: AslNode;
  readonly pointer: Pointer;
  readonly expression: Expression;
  /** Where the value is put among the data of the machine. */
  readonly target?: readonly string[];
}

/**
 * What is found in the objects that an expression builds: `{% {"workflow_config": …} %}`. All of it is mended, or none.
 */
export function discoverInExpression(string: TemplateString, examination: Examination): readonly Discovery[] {
  const all = string.expression.objects.flatMap((object) => {
    const members = object.members.filter(({ name }) => isProgramField(name));
    return members.flatMap((member) => discoverBuilt(string, object, member, examination));
  });
  const found = leaveFixed(all);
  return canBeMended(found) ? found : found.map(byHand);
}

function discoverBuilt(
  string: TemplateString,
  object: BuiltObject,
  member: BuiltMember,
  examination: Examination,
): readonly Discovery[] {
  const { field, node, pointer, expression, target } = string;
  const { state } = field;
  const rule = ruleOf(field);
  const offset = offsetIn(state, node, expression.offset + member.keyStart);
  const origins = originsOf(string, member, examination);
  if (!origins.has('program') && !origins.has('branch')) return [];
  if (!origins.has('program')) {
    return [
      {
        rule: 'asl/branch-program',
        level: 'note',
        state,
        offset,
        pointer,
        message: messageOf('asl/branch-program', `a branch's own \`${member.name}\``, field),
        hint: HINTS.branch,
      },
    ];
  }
  const key = writingKey(node, member.keyStart);
  const outcome = isUntouched(origins) ? builtEdits(string, object, member, examination) : HINTS.person;
  const edits = examination.left.has(key) && typeof outcome !== 'string' ? HINTS.reader : outcome;
  const told = {
    rule,
    level: 'error',
    state,
    offset,
    pointer,
    message: messageOf(rule, `\`${member.name}\``, field),
    key,
    reads: fieldReferences(member),
    ...(target && { writes: entryTarget(target, member.name) }),
  } as const;
  return [typeof edits === 'string' ? { ...told, hint: edits } : { ...told, hint: HINTS[field.role], edits }];
}

/** Of all that a member is made of; `made` unless it is a path and nothing else. */
function originsOf(
  { field: { state } }: TemplateString,
  member: BuiltMember,
  { origins }: Examination,
): ReadonlySet<Origin> {
  const found = fieldReferences(member);
  const fields = found.flatMap(({ reference, depth }) => [...origins.ofReference(state, reference, depth)]);
  const others =
    found.length > 0 ? [] : member.references.flatMap((reference) => [...origins.ofReference(state, reference)]);
  return new Set([...fields, ...others, ...(member.path ? [] : ['made' as const])]);
}

/** The edits, or why a person must do it. */
function builtEdits(
  string: TemplateString,
  object: BuiltObject,
  member: BuiltMember,
  examination: Examination,
): readonly TextEdit[] | string {
  const { field, node, expression } = string;
  const wanted = wantedOf(expression, member);
  if (!wanted || !isFit(string, object, wanted, examination) || !isEditable(field.state, node)) return HINTS.person;
  if (!object.base && field.role === 'state' && !hasOwner(presentInBuilt(object, expression), wanted.found))
    return HINTS.owner;
  const first = object.members.find(({ name }) => isProgramField(name));
  const leading = first && wantedOf(expression, first);
  if (leading?.sibling(MANIFEST_PATH) !== wanted.sibling(MANIFEST_PATH)) return HINTS.together;
  const outcome = outcomeOf(string, object, wanted, examination);
  if ('hint' in outcome) return outcome.hint;
  const add = outcome.add.filter(({ name }) => first === member || name === `${member.name}_s3_path`);
  const range =
    add.length > 0 ? { start: member.keyStart, end: member.path!.end } : removal(object, member, expression);
  if (!range) return HINTS.person;
  const insert = add.map(writtenOut).join(', ');
  return [
    {
      kind: 'text',
      node,
      state: field.state,
      start: expression.offset + range.start,
      end: expression.offset + range.end,
      insert,
    },
  ];
}

/** Over another object, the path would lie beside the program of that one. */
function isFit(
  { field }: TemplateString,
  { place, base, members }: BuiltObject,
  { found }: Wanted,
  { origins }: Examination,
): boolean {
  if (place !== 'merged') return place === 'value';
  if (field.role !== 'state' || !members.some(({ name }) => name === MAP)) return false;
  if (!base) return true;
  // It has the map too, and that is the program.
  const program = [base.root, ...namesOf(base), MAP];
  const map = placeOf(field.state, found.reference);
  const names = [...map.names.slice(0, -1), MAP];
  return map.root === 'result'
    ? origins.comesFrom({ ...map, names }, field.state, program)
    : JSON.stringify(program) === JSON.stringify([map.root, ...names]);
}

/** Undefined for a value that is not the field itself. */
function wantedOf(expression: Expression, member: BuiltMember): Wanted | undefined {
  const found = wholeField(member);
  if (found?.field !== member.name) return undefined;
  const { reference, depth } = found;
  const base = reference.root === 'input' ? { base: ['input', ...namesOf(reference).slice(0, depth - 1)] } : {};
  return { field: member.name, found, sibling: siblingOf(expression, found), isBranch: false, ...base };
}

function outcomeOf(
  { field, expression }: TemplateString,
  object: BuiltObject,
  wanted: Wanted,
  examination: Examination,
): Outcome {
  const present = presentInBuilt(object, expression);
  return field.role === 'payload'
    ? payloadAdditions(wanted, present, field, examination)
    : keptPaths(wanted, present, examination);
}

/** With the comma behind it, or the one in front of the last member. */
function removal(
  { members }: BuiltObject,
  member: BuiltMember,
  { text }: Expression,
): { readonly start: number; readonly end: number } | undefined {
  const next = members[members.indexOf(member) + 1];
  const end = member.path!.end;
  if (next) return { start: member.keyStart, end: next.keyStart };
  const before = text.slice(0, member.keyStart).trimEnd();
  return before.endsWith(',') ? { start: before.length - 1, end } : undefined;
}

function writtenOut({ name, value }: Addition): string {
  return `${JSON.stringify(name)}: ${'expression' in value ? value.expression : value.json}`;
}
