import { decodeString, expandNode, spliceMembers, translateSplices } from '../json/index.js';
import type { JsonMember, MemberEdit, Splice } from '../json/index.js';
import { BagDraft } from './draft.js';
import type { Slot } from './draft.js';
import { RawJson } from './document.js';
import type { NewMember } from './document.js';
import type { ByteDocument, ByteValue } from './byte-reader.js';

/** A member of the changed bag: by its place when it is an original, by its value when it is new. */
export interface DraftMember {
  readonly name: string;
  readonly value: ByteValue | NewMember['value'];
}

/** A bag changed in its stored text. */
export class ByteDraft extends BagDraft<JsonMember> {
  constructor(private readonly bag: ByteValue) {
    const members = expandNode(bag.document.bytes, bag.node).members ?? [];
    super(members.map((member) => ({ name: member.name, original: member })));
  }

  protected textOf(member: JsonMember): string | undefined {
    return member.value.kind === 'string' ? decodeString(this.bag.document.bytes, member.value) : undefined;
  }

  /** The change as splices over the root document, through any JSON strings that carry this bag. */
  splices(): readonly Splice[] {
    const edits = this.slots.slice(0, -1).map(editOf);
    const appended = (this.slots.at(-1)?.replacement ?? []).map(encode);
    return outwards(this.bag.document, spliceMembers(this.bag.document.bytes, this.bag.node, edits, appended));
  }

  /** The members as they will stand: originals by place, new ones by value. */
  members(): readonly DraftMember[] {
    return this.slots.flatMap((slot): readonly DraftMember[] => {
      if (slot.replacement) return slot.replacement;
      if (!slot.original) return [];
      return [{ name: slot.original.name, value: { document: this.bag.document, node: slot.original.value } }];
    });
  }
}

function editOf(slot: Slot<JsonMember>): MemberEdit {
  if (!slot.replacement) return { kind: 'keep' };
  return slot.replacement.length === 0
    ? { kind: 'remove' }
    : { kind: 'replace', members: slot.replacement.map(encode) };
}

function encode(member: NewMember): { readonly name: string; readonly json: Uint8Array } {
  const { name, value } = member;
  return { name, json: value instanceof RawJson ? value.bytes : Buffer.from(JSON.stringify(value)) };
}

function outwards(document: ByteDocument, splices: readonly Splice[]): readonly Splice[] {
  const { carrier } = document;
  return carrier
    ? outwards(carrier.document, translateSplices(carrier.document.bytes, carrier.node, splices))
    : splices;
}
