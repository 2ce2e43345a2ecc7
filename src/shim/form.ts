import type { Bag, BagDocument } from '../bag/bag.js';
import type { OutsideNames } from '../bag/envelope.js';
import type { AddressRule } from '../bag/places.js';
import type { BagEdit, JsonValue } from '../bag/edit.js';
import type { LoadedContent } from '../bag/hydrate.js';
import type { ValuePlace } from '../bag/search.js';
import type { BagPlan } from '../bag/plan.js';
import type { Value } from '../bag/value.js';
import type { BlobCache, StoreHandle } from './caches.js';
import type { CircuitBreaker, Deadline } from './deadline.js';
import type { Side } from './diagnostics.js';
import type { BagIds, Mode } from './options.js';
import type { Settings } from './settings.js';

/** A value of a document, and the member names and positions that lead to it from the root. */
export interface Place<V extends Value = Value> {
  readonly path: readonly string[];
  readonly value: V;
}

/** Changes to objects of one document. The document that came in stays as it is. */
export interface DocumentEdit<V extends Value = Value> {
  /**
   * The members of one object under change; the same draft each time. Throws `BagError` `EMBEDDED_INEXACT` for an
   * object inside a JSON string that this form cannot write again as it is spelled.
   */
  draft(place: Place<V>): BagEdit;
  /** Puts a member in the place of one of its name, or behind the last one. Throws as `draft` does. */
  put(place: Place<V>, name: string, value: JsonValue | V): void;
  /** The same with stored JSON text for its value. */
  putJson(place: Place<V>, name: string, json: Uint8Array): void;
  /** Puts stored JSON text in the place of a value, wherever in the document it is. Throws as `draft` does. */
  replace(place: Place<V>, json: Uint8Array): void;
  /** The root of the changed document; the very one that came in when nothing was changed. */
  result(): V;
}

/** How a program was planned to leave its bag. */
export type ProgramPlan = Pick<BagPlan, 'blobs' | 'context'> & {
  /** To call when the blobs are stored. */
  remember(): void;
};

/** What a document takes when it is sent. */
export interface Measure {
  /** UTF-8 of its JSON text. */
  readonly bytes: number;
  /** False when no `__s3_pointer__` is in it. */
  readonly mentionsPointer: boolean;
}

/**
 * What the shim is made of, once for objects that `JSON.parse` gave and once for stored bytes. Everything else in this
 * folder is written over it.
 */
export interface Form<V extends Value = Value> {
  edit(root: V): DocumentEdit<V>;
  /** Throws `BagError` `NOT_JSON`. */
  measure(root: V): Measure;
  /** A value of this form from stored JSON text. Throws `BagError`. */
  parse(bytes: Uint8Array): V;
  /** Objects anywhere in the document that have a member of this name, inside JSON strings too. */
  search(root: V, name: string): Iterable<ValuePlace<V>>;
  /** A copy that a handler may change. Throws `BagError` `JSON_TOO_DEEP`. */
  copy(value: V): V;
  /** A copy of an object with one more member, which is `true`. */
  withFlag(object: V, name: string): V;
  /** The members of an object as they are now: what a handler puts into it later is not in the snapshot. */
  snapshot(object: V): V;
  /** True when a value says what a stored one says: the same members in the same order, the same text and numbers. */
  isSame(value: V, stored: V): boolean;
  /** The place of the first difference as a JSON pointer; `undefined` when both say the same. */
  firstDifference(one: V, other: V): string | undefined;
  /** True only for a result that is beyond doubt in the new form and needs no further look. */
  isPlainlyLean(root: V): boolean;
  /**
   * Plans how the program leaves a bag. `handed`: the bag as its handler got it, whose spelling counts for values that
   * come back the same. Throws what planning and following pointers throw.
   */
  planProgram(bag: Bag<V>, context: InvocationContext<V>, handed: V | undefined): Promise<ProgramPlan>;
  /** Takes note of stored values that were put into a bag: unchanged, they go back as the blobs they came from. */
  noteFilled(before: Bag<V>, after: () => Bag<V>, content: LoadedContent): void;
}

/** The document itself, or one without a bag when its bag is at a place that is not searched. */
export interface DocumentLimit {
  limit<V extends Value>(document: BagDocument<V>): BagDocument<V>;
}

/** What a shim keeps between invocations. */
export interface ShimState<V extends Value = Value> {
  readonly settings: Settings;
  readonly store: StoreHandle;
  readonly blobs: BlobCache;
  /** Which keys are content addresses, by the layout: the store need not be open to know. */
  readonly addresses: AddressRule;
  /** Which places of a bag are looked at. */
  readonly envelopes: DocumentLimit;
  readonly form: Form<V>;
  readonly breaker: CircuitBreaker;
}

/** One event or one result under way. */
export interface InvocationContext<V extends Value = Value> {
  readonly state: ShimState<V>;
  readonly ids: BagIds;
  readonly mode: Mode;
  readonly side: Side;
  /** For what the execution cannot do without. */
  readonly deadline: Deadline;
  /** For all else. */
  readonly optional: Deadline;
  /** Who the owner is, as far as the caller says. Throws what the option `expectedOwner` throws. */
  outside(): readonly OutsideNames[];
}
