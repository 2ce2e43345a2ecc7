import { InternalError } from '../errors.js';
import type { BagDocument, NewMember } from './document.js';

/** One place in the member list of a bag: what stood there, and what stands there now. */
export interface Slot<O> {
  /** `undefined` for the place behind the last member. */
  readonly original: O | undefined;
  readonly name: string | undefined;
  /** `undefined` while the original member stands. */
  replacement: readonly NewMember[] | undefined;
}

/**
 * The bookkeeping of a changed bag, the same for bytes and objects: each original member keeps its slot, so that what
 * comes in stands where what went out stood. A subclass reads members and turns the slots into its own form.
 */
export abstract class BagDraft<O> implements BagDocument {
  protected readonly slots: readonly Slot<O>[];

  protected constructor(members: readonly { readonly name: string; readonly original: O }[]) {
    const originals = members.map(({ name, original }): Slot<O> => ({ name, original, replacement: undefined }));
    this.slots = [...originals, { original: undefined, name: undefined, replacement: undefined }];
  }

  protected abstract textOf(original: O): string | undefined;

  has(name: string): boolean {
    return this.slotOf(name) !== undefined;
  }

  text(name: string): string | undefined {
    const slot = this.slotOf(name);
    const added = slot?.replacement?.find((member) => member.name === name);
    if (added) return typeof added.value === 'string' ? added.value : undefined;
    return slot?.original === undefined ? undefined : this.textOf(slot.original);
  }

  replace(name: string, members: readonly NewMember[]): void {
    const slot = this.slotOf(name);
    if (!slot) throw new InternalError('MEMBER_ABSENT', `"${name}" cannot be replaced: the bag does not have it`);
    slot.replacement = slot.replacement
      ? slot.replacement.flatMap((member) => (member.name === name ? members : [member]))
      : members;
    for (const other of this.slots) {
      if (other !== slot && other.name === name && !other.replacement) other.replacement = [];
    }
  }

  remove(name: string): void {
    if (this.has(name)) this.replace(name, []);
  }

  insert(member: NewMember, after: readonly string[]): void {
    const slot = after.map((name) => this.slotOf(name)).find((found) => found?.replacement);
    const target = slot ?? this.firstChanged() ?? this.slots.at(-1)!;
    target.replacement = [...(target.replacement ?? []), member];
  }

  insertFirst(member: NewMember): void {
    const target = this.firstChanged() ?? this.slots.at(-1)!;
    target.replacement = [member, ...(target.replacement ?? [])];
  }

  /** Puts a member behind the last one. */
  append(member: NewMember): void {
    const last = this.slots.at(-1)!;
    last.replacement = [...(last.replacement ?? []), member];
  }

  /** True when anything is to be written. */
  get isChanged(): boolean {
    return this.slots.some((slot) => slot.replacement !== undefined);
  }

  private firstChanged(): Slot<O> | undefined {
    return this.slots.find((slot) => slot.replacement !== undefined);
  }

  /** The slot in which a member stands now; the last one, as the last of duplicates is the one that counts. */
  private slotOf(name: string): Slot<O> | undefined {
    return this.slots.findLast((slot) =>
      slot.replacement ? slot.replacement.some((member) => member.name === name) : slot.name === name,
    );
  }
}
