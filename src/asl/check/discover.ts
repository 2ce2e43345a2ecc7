import type { State } from '../flow/states.js';
import { entryTarget, looseStrings, templateFields, templateObjects } from '../flow/templates.js';
import type { LooseString, TemplateField } from '../flow/templates.js';
import { writingKey } from '../flow/writings.js';
import type { Place } from '../flow/writings.js';
import type { Machine } from '../read/machines.js';
import { discoverInExpression } from './built-objects.js';
import type { TemplateString } from './built-objects.js';
import type { Discovery } from './discovery.js';
import { stateName } from './discovery.js';
import { examine } from './examination.js';
import type { Examination } from './examination.js';
import { builtStarts, fieldReferences } from './field-reference.js';
import { isBeforeInitialiser } from './initialiser.js';
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
    for (const key of keysOfReaders(found, examination)) if (!reasons.has(key)) reasons.set(key, HINTS.reader);
    if (reasons.size === examination.left.size) {
      // A value that was left reads as one that cannot be followed; why it was left at first is what helps.
      return found
        .map((each) => ({ ...each, hint: (each.edits ? undefined : reasons.get(each.key ?? '')) ?? each.hint }))
        .map((each) => (machine.isComposed ? withoutEdits(each) : each))
        .sort((one, other) => one.offset - other.offset);
    }
  }
}

/**
 * Values that are mended, and that something reads which is not: it would find nothing there. What an initialiser reads
 * stays, too.
 */
function keysOfReaders(found: readonly Discovery[], { origins, scopes }: Examination): readonly string[] {
  const reachedFrom = (readers: readonly Discovery[]) => origins.reachFrom(readers.flatMap(placesRead));
  const isRead = reachedFrom(found.filter(({ level, edits }) => level === 'error' && !edits));
  const isStart = reachedFrom(found.filter(({ rule }) => rule === 'asl/initialiser'));
  return found.flatMap(({ key, edits, state, writes, gives }) => {
    if (key === undefined || !edits) return [];
    const inner = gives
      ? scopes.filter(({ owner }) => owner === state).flatMap(({ states }) => states.slice(0, 1))
      : [];
    const isWanted =
      (writes !== undefined && (isRead(state, writes) || (isBeforeInitialiser(state) && isStart(state, writes)))) ||
      inner.some((first) => isRead(first, ['input', gives!]));
    return isWanted ? [key] : [];
  });
}

function placesRead({ state, reads = [] }: Discovery): readonly Place[] {
  return reads.map(({ reference: { root, steps }, depth }) => ({
    state,
    root,
    names: steps.slice(0, depth).map(({ name }) => name),
  }));
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
  const { isEmbedded } = field.state.scope.machine;
  const members = templateObjects(field).flatMap(({ entries, pointer, target }) =>
    entries.flatMap(({ name, member, expression }): TemplateString[] => {
      if (!expression) return [];
      const at = isEmbedded ? pointer : [...pointer, member.name];
      const put = target && { target: entryTarget(target, name) };
      return [{ field, node: member.value, pointer: at, expression, ...put }];
    }),
  );
  const { target } = field;
  return [...members, ...looseStrings(field).map((string) => ({ field, ...string, ...(target && { target }) }))];
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
      reads: [found],
    },
  ];
}
