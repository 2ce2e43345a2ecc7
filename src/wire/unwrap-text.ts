import type { ByteValue } from '../bag/value.js';
import { BagDocument } from '../bag/bag.js';
import { isMergedInto } from '../adapter/unwrap-result.js';
import { TextEdit } from './text-edit.js';
import type { Text } from './text-edit.js';
import { valueAt } from './value-at.js';

/**
 * A result in which `state_data` inside `state_data` (`bag` inside `bag`) is one again, as the adapter has it: a bare
 * second wrapper goes; of two whole bags the inner one's members win.
 */
export function unwrapText(text: Text): Text {
  const { bags } = new BagDocument(text.root);
  const [bag] = bags;
  const name = bag?.path.at(-1);
  if (bag === undefined || name === undefined) return text;
  const outerPath = bag.path.slice(0, -1);
  const outerName = outerPath.at(-1);
  const outer = valueAt(text.root, outerPath);
  // A level inside a JSON string is left.
  if (outerName === undefined || outer?.document !== bag.value.document) return text;
  if (isMergedInto(bags, bag, outerPath))
    return unwrapText(replaceOuter(text, outerPath, joinBags(outer, bag.value, name)));
  const isBareWrapper = outerName === name && outer.names().length === 1;
  return isBareWrapper ? unwrapText(replaceOuter(text, outerPath, bag.value.bytes())) : text;
}

function replaceOuter(text: Text, outerPath: readonly string[], json: Uint8Array): Text {
  const edit = new TextEdit(text);
  edit.putJson(valueAt(text.root, outerPath.slice(0, -1))!, outerPath.at(-1)!, json);
  return edit.result();
}

function joinBags(outer: ByteValue, bag: ByteValue, name: string): Uint8Array {
  const text = { bytes: outer.bytes(), root: outer.parse(outer.bytes()) };
  const edit = new TextEdit(text);
  edit.draft(text.root).remove(name);
  for (const member of bag.names()) edit.putJson(text.root, member, bag.member(member)!.bytes());
  return edit.bytes();
}
