import type { State } from '../flow/states.js';
import { looseStrings, templateFields, templateObjects } from '../flow/templates.js';
import type { LooseString, TemplateField } from '../flow/templates.js';
import { writingKey } from '../flow/writings.js';
import type { Machine } from '../read/machines.js';
import { discoverInExpression } from './built-objects.js';
import type { TemplateString } from './built-objects.js';
import type { Discovery } from './discovery.js';
import { stateName } from './discovery.js';
import { examine } from './examination.js';
import type { Examination } from './examination.js';
import { builtStarts, fieldReferences } from './field-reference.js';
import { discoverManifestList } from './manifest-list.js';
import { discoverInPaths } from './paths.js';
import type { AslSettings } from './settings.js';
import { discoverInObject } from './template-objects.js';
import { discoverWholeBags } from './whole-bag.js';
import { discoverUnread } from './unread.js';
import { HINTS, ruleOf } from './words.js';

/**
 * Everything there is to find in a machine, in the order of its text. What reads a value that is left to a person is
 * left with it, so it is looked for until nothing more is left.
 */
export function discover(machine: Machine, settings: AslSettings): readonly Discovery[] {
  const reasons = new Map<string, string>();
  for (;;) {
    const examination = examine(machine, settings, new Set(reasons.keys()));
    const found = examination.scopes
      .flatMap(({ states }) => states)
      .flatMap((state) => discoverInState(state, examination));
    for (const { edits, key, hint } of found)
      if (!edits && key !== undefined && !reasons.has(key)) reasons.set(key, hint);
    if (reasons.size === examination.left.size) {
      // A value that was left reads as one that cannot be followed; why it was left at first is what helps.
      return found
        .map((each) => ({ ...each, hint: (each.edits ? undefined : reasons.get(each.key ?? '')) ?? each.hint }))
        .map((each) => (machine.isComposed ? withoutEdits(each) : each))
        .sort((one, other) => one.offset - other.offset);
    }
  }
}

/** Text that is put together of parts cannot be changed in place. */
function withoutEdits({ edits, ...rest }: Discovery): Discovery {
  return edits || rest.hint.includes('`statebag asl patch`') ? { ...rest, hint: HINTS.composed } : rest;
}

function discoverInState(state: State, examination: Examination): readonly Discovery[] {
  const fields = templateFields(state);
  return [
    ...fields.flatMap(templateObjects).flatMap((object) => discoverInObject(object, examination)),
    ...fields.flatMap(templateStrings).flatMap((string) => discoverInExpression(string, examination)),
    ...fields.flatMap((field) => looseStrings(field).flatMap((string) => discoverInLoose(field, string, examination))),
    ...discoverInPaths(state, examination),
    ...discoverWholeBags(state),
    ...discoverManifestList(state),
    ...discoverUnread(state),
  ];
}

/** Strings with expressions, as values of members or as the whole of a field. */
function templateStrings(field: TemplateField): readonly TemplateString[] {
  const members = templateObjects(field).flatMap(({ entries, pointer }) =>
    entries.flatMap(({ member, expression }) =>
      expression
        ? [
            {
              field,
              node: member.value,
              pointer: field.state.scope.machine.isEmbedded ? pointer : [...pointer, member.name],
              expression,
            },
          ]
        : [],
    ),
  );
  return [...members, ...looseStrings(field).map((string) => ({ field, ...string }))];
}

/**
 * A field or an element that is one expression and reads a program beside the objects it builds: `"Output": "{%
 * $states.result.workflow_config %}"`.
 */
function discoverInLoose(
  field: TemplateField,
  { node, pointer, expression }: LooseString,
  { origins }: Examination,
): readonly Discovery[] {
  const { state, name } = field;
  const built = builtStarts(expression);
  const found = fieldReferences(expression).find(
    ({ reference, depth }) =>
      !built.has(reference.start) && origins.ofReference(state, reference, depth).has('program'),
  );
  if (!found) return [];
  const message = `${stateName(state)} reads \`${found.field}\` in \`${name}\``;
  return [
    {
      rule: ruleOf(field),
      level: 'error',
      state,
      offset: node.start,
      pointer,
      message,
      hint: HINTS.person,
      key: writingKey(node),
    },
  ];
}
