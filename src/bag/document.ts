/** JSON text taken over as it is: a blob's bytes going back into a bag. */
export class RawJson {
  constructor(readonly bytes: Uint8Array) {}
}

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

export interface NewMember {
  readonly name: string;
  readonly value: JsonValue | RawJson;
}

/**
 * A bag under change, as a migration sees it: members by name, and no idea whether they are bytes or objects.
 * Changes show at once; nothing else of the document moves.
 */
export interface BagDocument {
  has(name: string): boolean;
  /** Text of a string member; `undefined` when it is absent or no string. */
  text(name: string): string | undefined;
  /** Puts members at the place of an existing one, which goes; duplicates of it go too. */
  replace(name: string, members: readonly NewMember[]): void;
  /** Takes a member out, with its duplicates. Nothing happens when it is absent. */
  remove(name: string): void;
  /** Puts a member behind the first of `after` that is there, else where the first change was, else at the end. */
  insert(member: NewMember, after: readonly string[]): void;
  /** Puts a member before everything that changed, or at the end when nothing did. */
  insertFirst(member: NewMember): void;
}
