import type { AslNode } from '../read/node.js';
import type { Pointer } from '../read/machines.js';
import { INDEX_NAMES, SEGMENT_INDEX, isProgramField } from '../flow/names.js';
import { namesOf } from '../flow/reference.js';
import type { BuiltMember, BuiltObject, Expression } from '../flow/reference.js';
import type { TemplateField } from '../flow/templates.js';
import { keptPaths, payloadAdditions } from './additions.js';
import type { Present, Wanted } from './additions.js';
import type { Addition, Discovery, TextEdit } from './discovery.js';
import type { Examination } from './examination.js';
import { fieldReferences, isExecutionInput, siblingOf } from './field-reference.js';
import { isEditable, offsetIn } from './text-places-of.js';
import { HINTS, messageOf, ruleOf } from './words.js';

/** A string of a template, with the expression in it. */
export interface TemplateString {
  readonly field: TemplateField;
  readonly node: AslNode;
  readonly pointer: Pointer;
  readonly expression: Expression;
}

/** What is found in the objects that an expression builds: `{% {"workflow_config": …} %}`. */
export function discoverInExpression(string: TemplateString, examination: Examination): readonly Discovery[] {
  return string.expression.objects.flatMap((object) => {
    const members = object.members.filter(({ name }) => isProgramField(name));
    return members.flatMap((member) => discoverBuilt(string, object, member, examination));
  });
}

function discoverBuilt(string: TemplateString, object: BuiltObject, member: BuiltMember, examination: Examination): readonly Discovery[] {
  const { field, node, pointer, expression } = string;
  const { state } = field;
  const rule = ruleOf(field);
  const offset = offsetIn(state, node, expression.offset + member.keyStart);
  const [found] = fieldReferences(member);
  if (!found && member.references.length === 0) return [];
  const origins = examination.origins.ofReference(state, found?.reference ?? member.references[0]!, found?.depth);
  if (!origins.has('program') && !origins.has('branch')) return [];
  if (!origins.has('program')) {
    return [{ rule: 'asl/branch-program', level: 'note', state, offset, pointer, message: messageOf('asl/branch-program', `a branch's own \`${member.name}\``, field), hint: HINTS.branch }];
  }
  const edits = origins.has('branch') ? undefined : builtEdits(string, object, member, examination);
  const message = messageOf(rule, `\`${member.name}\``, field);
  return [{ rule, level: 'error', state, offset, pointer, message, hint: edits ? HINTS[field.role] : HINTS.person, ...(edits && { edits }) }];
}

function builtEdits(string: TemplateString, object: BuiltObject, member: BuiltMember, examination: Examination): readonly TextEdit[] | undefined {
  const { field, node, expression } = string;
  const [found] = fieldReferences(member);
  if (!found || !member.path || isExecutionInput(found.reference) || !isEditable(field.state, node)) return undefined;
  const base = found.reference.root === 'input' ? { base: ['input', ...namesOf(found.reference).slice(0, found.depth - 1)] } : {};
  const wanted: Wanted = { field: member.name, sibling: siblingOf(expression, found), ...base };
  const present = presentIn(object, member, expression);
  const add = field.role === 'payload' ? payloadAdditions(wanted, present, field, examination) : keptPaths(wanted, present, examination);
  if (!add) return undefined;
  const range = add.length > 0 ? { start: member.keyStart, end: member.path.end } : removal(object, member, expression);
  if (!range) return undefined;
  const insert = add.map(writtenOut).join(', ');
  return [{ kind: 'text', node, state: field.state, start: expression.offset + range.start, end: expression.offset + range.end, insert }];
}

/** What an earlier field of the same object is replaced by counts as present. */
function presentIn({ members }: BuiltObject, member: BuiltMember, { text }: Expression): Present {
  const names = new Set(members.map(({ name }) => name));
  const isFirst = members.find(({ name }) => isProgramField(name)) === member;
  const given = isFirst ? [] : ['segment_manifest_s3_path', SEGMENT_INDEX];
  const found = INDEX_NAMES.filter((name) => name !== SEGMENT_INDEX).flatMap((name) => members.filter((other) => other.name === name && other.path))[0];
  const index = found?.path && { expression: text.slice(found.path.start, found.path.end) };
  return { names: new Set([...names, ...given]), ...(index && { index }) };
}

/** With the comma behind it, or the one in front of the last member. */
function removal({ members }: BuiltObject, member: BuiltMember, { text }: Expression): { readonly start: number; readonly end: number } | undefined {
  const next = members[members.indexOf(member) + 1];
  const end = member.path!.end;
  if (next) return { start: member.keyStart, end: next.keyStart };
  const before = text.slice(0, member.keyStart).trimEnd();
  return before.endsWith(',') ? { start: before.length - 1, end } : undefined;
}

function writtenOut({ name, value }: Addition): string {
  return `${JSON.stringify(name)}: ${'expression' in value ? value.expression : value.json}`;
}
