import { readExpression } from '../flow/expressions.js';
import type { State } from '../flow/states.js';
import { templateFields, templateObjects } from '../flow/templates.js';
import type { TemplateField } from '../flow/templates.js';
import { discoverInExpression } from './built-objects.js';
import type { TemplateString } from './built-objects.js';
import type { Discovery } from './discovery.js';
import { stateName } from './discovery.js';
import type { Examination } from './examination.js';
import { fieldReferences } from './field-reference.js';
import { discoverInPaths } from './paths.js';
import { discoverInObject } from './template-objects.js';
import { discoverWholeBags } from './whole-bag.js';
import { HINTS, ruleOf } from './words.js';

/** Everything there is to find in a machine, in the order of its text. */
export function discover(examination: Examination): readonly Discovery[] {
  const found = examination.scopes.flatMap(({ states }) => states).flatMap((state) => discoverInState(state, examination));
  return found.sort((one, other) => one.offset - other.offset);
}

function discoverInState(state: State, examination: Examination): readonly Discovery[] {
  const fields = templateFields(state);
  return [
    ...fields.flatMap(templateObjects).flatMap((object) => discoverInObject(object, examination)),
    ...fields.flatMap(templateStrings).flatMap((string) => discoverInExpression(string, examination)),
    ...fields.flatMap((field) => discoverInWhole(field, examination)),
    ...discoverInPaths(state, examination),
    ...discoverWholeBags(state),
  ];
}

/** Strings with expressions, as values of members or as the whole of a field. */
function templateStrings(field: TemplateField): readonly TemplateString[] {
  const members = templateObjects(field).flatMap(({ entries, pointer }) =>
    entries.flatMap(({ member, expression }) => (expression ? [{ field, node: member.value, pointer: field.state.scope.machine.isEmbedded ? pointer : [...pointer, member.name], expression }] : [])),
  );
  const whole = field.state.language === 'JSONata' ? readExpression(field.node, 'JSONata', field.dollar) : undefined;
  return whole ? [...members, { field, node: field.node, pointer: field.pointer, expression: whole }] : members;
}

/** A field that is one expression and reads a program beside the objects it builds: `"Output": "{% $states.result.workflow_config %}"`. */
function discoverInWhole(field: TemplateField, { origins }: Examination): readonly Discovery[] {
  const { state, node, pointer, name } = field;
  const expression = state.language === 'JSONata' ? readExpression(node, 'JSONata', field.dollar) : undefined;
  if (!expression) return [];
  const built = new Set(expression.objects.flatMap(({ members }) => members.flatMap(({ references }) => references.map(({ start }) => start))));
  const found = fieldReferences(expression).find(({ reference, depth }) => !built.has(reference.start) && origins.ofReference(state, reference, depth).has('program'));
  if (!found) return [];
  const message = `${stateName(state)} reads \`${found.field}\` in \`${name}\``;
  return [{ rule: ruleOf(field), level: 'error', state, offset: node.start, pointer, message, hint: HINTS.person }];
}
