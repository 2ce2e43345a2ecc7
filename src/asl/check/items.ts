import { readExpression } from '../flow/expressions.js';
import { SEGMENT_CONFIG } from '../flow/names.js';
import { namesOf } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import { templateFields, templateObjects } from '../flow/templates.js';
import type { TextEdit } from './discovery.js';
import { isEditable } from './text-places-of.js';

/**
 * An element of a partition map is a segment; an entry of a manifest holds it as `segment_config`. What a selector reads
 * of an item is read there. Undefined without a selector: the item itself would be another.
 */
export function itemEdits(map: State): readonly TextEdit[] | undefined {
  const selector = templateFields(map).find(({ name }) => ['Parameters', 'ItemSelector'].includes(name));
  if (!selector) return undefined;
  const strings = templateObjects(selector).flatMap(({ entries }) => entries.flatMap(({ member, expression }) => (expression ? [{ node: member.value, expression }] : [])));
  const whole = readExpression(selector.node, map.language, 'input');
  if (whole && map.language === 'JSONata') strings.push({ node: selector.node, expression: whole });
  const edits = strings.flatMap(({ node, expression }) => {
    const items = expression.references.filter((reference) => reference.root === 'context' && namesOf(reference).slice(0, 3).join('.') === 'Map.Item.Value');
    const ends = items.map(({ steps }) => expression.offset + steps[2]!.nameEnd);
    return [...new Set(ends)].map((end): TextEdit => ({ kind: 'text', node, state: map, start: end, end, insert: `.${SEGMENT_CONFIG}` }));
  });
  return edits.every(({ node }) => isEditable(map, node)) ? edits : undefined;
}
