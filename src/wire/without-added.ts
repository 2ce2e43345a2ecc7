import { byteReader } from '../bag/byte-reader.js';
import type { ByteValue } from '../bag/byte-reader.js';
import { detect } from '../bag/detect.js';
import { isHollow } from '../bag/entries.js';
import { MANIFEST_PATH } from '../bag/members.js';
import type { ValueReader } from '../bag/value-reader.js';
import { ADDED_NAMES, isEmptyMember } from './segment-members.js';
import type { AddedMembers } from './segment-members.js';
import { TextEdit } from './text-edit.js';
import type { Text } from './text-edit.js';

/**
 * A result without what the shim added to the event, at its root and in its bags; the very text when there is nothing of
 * it. A program left in a bag would be the first thing the next event is asked for, and the wrong one by then; so it goes
 * even if the handler changed it.
 */
export function withoutAdded(text: Text, added: AddedMembers): Text {
  const { root } = text;
  const edit = new TextEdit(text);
  const atRoot = oursIn(root, added.root, added).filter((name) => name !== MANIFEST_PATH);
  const { sites } = detect(withoutNames(root, added.root, atRoot), root);
  const isBag = sites.some((site) => site.path.length === 0);
  takeOut(edit, root, added.root, isBag ? atRoot : oursIn(root, added.root, added));
  const origin = added.root.node === added.bag.node ? added.root : added.bag;
  for (const { value } of sites.filter(({ path }) => path.length > 0)) {
    // The path is a member of every lean bag in its own right.
    takeOut(edit, value, origin, oursIn(value, origin, added).filter((name) => name !== MANIFEST_PATH));
  }
  return edit.result();
}

function oursIn(level: ByteValue, origin: ByteValue, added: AddedMembers): readonly string[] {
  return ADDED_NAMES.filter((name) => {
    const value = byteReader.member(level, name);
    if (value === undefined) return false;
    if (name === 'segment_config') return isHollowMember(origin, name);
    if (!isEmptyMember(origin, name)) return false;
    if (name === 'segment_index') return added.segmentIndex !== undefined && byteReader.number(value) === added.segmentIndex;
    return added.manifestPath !== undefined && byteReader.text(value) === added.manifestPath;
  });
}

function isHollowMember(origin: ByteValue, name: string): boolean {
  const value = byteReader.member(origin, name);
  return isEmptyMember(origin, name) || (value !== undefined && byteReader.kind(value) === 'object' && isHollow(byteReader, value));
}

/** What the event said itself comes back in their place. */
function takeOut(edit: TextEdit, level: ByteValue, origin: ByteValue, names: readonly string[]): void {
  for (const name of names) {
    const original = byteReader.member(origin, name);
    if (original === undefined) edit.draft(level).remove(name);
    else edit.putJson(level, name, byteReader.bytes(original));
  }
}

/** A reader to which one level has those members as another level has them. */
function withoutNames(level: ByteValue, origin: ByteValue, names: readonly string[]): ValueReader<ByteValue> {
  return {
    ...byteReader,
    member: (value, name) => byteReader.member(value.node === level.node && names.includes(name) ? origin : value, name),
  };
}
