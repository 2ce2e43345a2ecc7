import { valueOf } from '../read/node.js';
import type { AslNode } from '../read/node.js';
import { readExpression } from '../flow/expressions.js';
import { MANIFEST, MAP, SEGMENT_CONFIG } from '../flow/names.js';
import { namesOf } from '../flow/reference.js';
import type { Expression, Reference } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import { looseStrings, selectorOf, templateObjects } from '../flow/templates.js';
import type { TemplateField } from '../flow/templates.js';
import { writingKey } from '../flow/writings.js';
import { once, oncePer } from '../once.js';
import type { TextEdit } from './discovery.js';
import type { Examination } from './examination.js';
import { isUntouched, wholeField } from './field-reference.js';
import { isEditable } from './text-places-of.js';

const ITEM = ['Map', 'Item', 'Value'] as const;

/**
 * Lets a Map over the partition map go over the manifest. Undefined unless all that reads an item can be changed with
 * it: an element of the map is a segment, an entry of the manifest holds it as `segment_config`.
 */
export const manifestEdits = oncePer((map: State, examination: Examination): readonly TextEdit[] | undefined => {
  const node = valueOf(map.node, map.language === 'JSONata' ? 'Items' : 'ItemsPath');
  const expression = node && readExpression(node, map.language, 'input');
  const found = expression && wholeField(expression);
  if (!expression || !found?.step || found.field !== MAP || !isEditable(map, node)) return undefined;
  if (!isUntouched(examination.origins.ofReference(map, found.reference, found.depth))) return undefined;
  const items = itemEdits(map, examination);
  const { nameStart, nameEnd } = found.step;
  return (
    items && [
      {
        kind: 'text',
        node,
        state: map,
        start: expression.offset + nameStart,
        end: expression.offset + nameEnd,
        insert: MANIFEST,
      },
      ...items,
    ]
  );
});

/** Undefined without a selector: the item itself would be another. */
function itemEdits(map: State, { left }: Examination): readonly TextEdit[] | undefined {
  const selector = selectorOf(map);
  if (!selector || readsItemInside(map)) return undefined;
  const strings = stringsOf(selector);
  const isLeft = strings.some(({ node }) => left.has(writingKey(node)));
  const edits = strings.map(({ node, expression }) => readItems(map, node, expression));
  return isLeft || !edits.every((own) => own !== undefined) ? undefined : edits.flat();
}

function stringsOf(selector: TemplateField): readonly { readonly node: AslNode; readonly expression?: Expression }[] {
  const members = templateObjects(selector).flatMap(({ entries }) =>
    entries.map(({ member, expression }) => ({ node: member.value, ...(expression && { expression }) })),
  );
  return [...members, ...looseStrings(selector)];
}

/** Undefined for what reads an item in a way that cannot be followed. */
function readItems(map: State, node: AslNode, expression: Expression | undefined): readonly TextEdit[] | undefined {
  if (!expression) return [];
  const references = expression.references.filter(
    ({ root, steps }) =>
      root === 'context' && steps.every(({ name }, at) => at >= ITEM.length || name === ITEM[at] || name === '*'),
  );
  const deep = expression.references.some(
    ({ root, isMany, steps }) => root === 'context' && isMany && steps[0]?.name !== ITEM[0],
  );
  const ends = references.map((reference) => endOfItem(expression.text, reference));
  if (deep || !ends.every((end): end is number => end !== undefined)) return undefined;
  if (ends.length > 0 && !isEditable(map, node)) return undefined;
  return [...new Set(ends)].map((end): TextEdit => ({
    kind: 'text',
    node,
    state: map,
    start: expression.offset + end,
    end: expression.offset + end,
    insert: `.${SEGMENT_CONFIG}`,
  }));
}

function endOfItem(text: string, reference: Reference): number | undefined {
  const end = reference.steps[ITEM.length - 1]?.nameEnd;
  const isExact = namesOf(reference).slice(0, ITEM.length).join('.') === ITEM.join('.');
  return end !== undefined && isExact && !/[`'"]/.test(text[end] ?? '') ? end : undefined;
}

/** States inside a Map can read its item as well. */
function readsItemInside({ node }: State): boolean {
  return ['ItemProcessor', 'Iterator'].some((name) => {
    const inner = valueOf(node, name);
    return inner !== undefined && mentionsItem(inner);
  });
}

const mentionsItem = once((node: AslNode): boolean => {
  const text = node.text?.replaceAll(/Map\.Item\.Index\b/g, '');
  if (text !== undefined)
    return /\$\$|\$states\.context/.test(text) && /\bMap\b|\$\$(?!\.\w)|\$states\.context(?!\.\w)/.test(text);
  return [...(node.items ?? []), ...(node.members ?? []).map(({ value }) => value)].some(mentionsItem);
});
