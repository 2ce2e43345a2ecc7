import { ByteDraft, RawJson } from '../bag/edit.js';
import { readDocument } from '../bag/value.js';
import type { ByteValue } from '../bag/value.js';
import type { NewMember } from '../bag/edit.js';
import { applySplices } from '../json/index.js';
import type { JsonNode } from '../json/index.js';

/** JSON text that was scanned once. */
export interface Text {
  readonly bytes: Uint8Array;
  readonly root: ByteValue;
}

/** Throws `BagError` on what is not JSON. */
export function readText(bytes: Uint8Array): Text {
  return { bytes, root: readDocument(bytes) };
}

/** Changes of several objects of one text, spliced into it in one go. */
export class TextEdit {
  readonly #text: Text;
  readonly #drafts = new Map<JsonNode, ByteDraft>();

  constructor(text: Text) {
    this.#text = text;
  }

  /** The changes of one object; the same draft each time it is asked for. */
  draft(value: ByteValue): ByteDraft {
    const draft = this.#drafts.get(value.node) ?? new ByteDraft(value);
    this.#drafts.set(value.node, draft);
    return draft;
  }

  /** Text of a string member as it stands now. */
  text(value: ByteValue, name: string): string | undefined {
    const draft = this.#drafts.get(value.node);
    if (draft) return draft.text(name);
    const member = value.member(name);
    return member?.text();
  }

  /** Puts a member in the place of one of its name, or behind the last one. */
  put(value: ByteValue, member: NewMember): void {
    const draft = this.draft(value);
    if (draft.has(member.name)) draft.replace(member.name, [member]);
    else draft.append(member);
  }

  /** The same with JSON text for its value. */
  putJson(value: ByteValue, name: string, json: Uint8Array): void {
    this.put(value, { name, value: new RawJson(json) });
  }

  /** The changed bytes; the very bytes that came in when nothing was changed. */
  bytes(): Uint8Array {
    const changed = [...this.#drafts.values()].filter((draft) => draft.isChanged);
    const splices = changed.flatMap((draft) => draft.splices());
    return splices.length === 0
      ? this.#text.bytes
      : applySplices(
          this.#text.bytes,
          splices.sort((one, other) => one.start - other.start),
        );
  }

  /** The changed text, scanned; the very text that came in when nothing was changed. */
  result(): Text {
    const bytes = this.bytes();
    return bytes === this.#text.bytes ? this.#text : readText(bytes);
  }
}
