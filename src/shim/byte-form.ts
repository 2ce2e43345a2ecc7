import type { Bag } from '../bag/bag.js';
import { ByteDraft, RawJson, spliceValue } from '../bag/edit.js';
import type { JsonValue } from '../bag/edit.js';
import { POINTER_MARKER, searchBytes } from '../bag/search.js';
import { planBag } from '../bag/plan.js';
import type { ManifestCache } from '../bag/plan-manifest.js';
import type { ValuePlace } from '../bag/search.js';
import { loadSources } from '../bag/sources.js';
import { ByteValue, readDocument } from '../bag/value.js';
import type { ParsedBlobs } from '../bag/value.js';
import { applySplices, bufferOver, toPlainValue } from '../json/index.js';
import type { JsonNode, Splice } from '../json/index.js';
import { knownDigests, knownManifests } from '../store/known-digests.js';
import { openAddressing, signalOption } from './context.js';
import type { DocumentEdit, Form, InvocationContext, Measure, Place, ProgramPlan } from './form.js';
import { firstDifference } from './plain-values.js';
import { Respeller, isReprint } from './respell.js';

/** The shim over stored JSON text: every number, name and blank stays as it is spelled. */
export class ByteForm implements Form<ByteValue> {
  /** Cached blobs, each scanned once. */
  readonly #parsed: ParsedBlobs<ByteValue> = new WeakMap();
  readonly #digest: (bytes: Uint8Array) => string;
  readonly #manifests: ManifestCache;
  readonly #respeller: Respeller;

  /** `cacheBytes`: memory for digests and manifests. */
  constructor(cacheBytes: number) {
    this.#digest = knownDigests(Math.floor(cacheBytes / 2));
    this.#manifests = knownManifests(Math.floor(cacheBytes / 2));
    this.#respeller = new Respeller(this.#digest);
  }

  /** Throws `BagError` on what is not JSON. */
  open(bytes: Uint8Array): ByteValue {
    return readDocument(bytes).remember(this.#parsed);
  }

  edit(root: ByteValue): DocumentEdit<ByteValue> {
    return new ByteEdit(root, (bytes) => this.open(bytes));
  }

  measure({ document: { bytes } }: ByteValue): Measure {
    return { bytes: bytes.length, mentionsPointer: bufferOver(bytes).includes(POINTER_MARKER) };
  }

  parse(bytes: Uint8Array): ByteValue {
    return this.open(bytes);
  }

  search(root: ByteValue, name: string): Iterable<ValuePlace<ByteValue>> {
    return searchBytes(root, name);
  }

  copy(value: ByteValue): ByteValue {
    return value;
  }

  withFlag(object: ByteValue, name: string): ByteValue {
    const bytes = object.bytes();
    const separator = object.names().length === 0 ? '' : ',';
    const flag = Buffer.from(`${separator}${JSON.stringify(name)}:true}`);
    return this.open(Buffer.concat([bytes.subarray(0, bytes.lastIndexOf(CLOSING_BRACE)), flag]));
  }

  snapshot(object: ByteValue): ByteValue {
    return object;
  }

  isSame(value: ByteValue, stored: ByteValue): boolean {
    return isReprint(stored, value);
  }

  firstDifference(one: ByteValue, other: ByteValue): string | undefined {
    // Equal bytes say the same, whatever is in them.
    if (Buffer.compare(one.bytes(), other.bytes()) === 0) return undefined;
    return firstDifference(toPlain(one), toPlain(other));
  }

  isPlainlyLean(): boolean {
    return false;
  }

  async planProgram(
    bag: Bag<ByteValue>,
    context: InvocationContext<ByteValue>,
    handed: ByteValue | undefined,
  ): Promise<ProgramPlan> {
    const { blobs, settings } = context.state;
    const loaded = await loadSources(bag, blobs, signalOption(context));
    const isFilled = handed !== undefined && settings.speaks === 'fat';
    const sources = isFilled ? this.#respeller.respell(bag, loaded, handed) : loaded;
    const addressing = { ...(await openAddressing(context)), digest: this.#digest };
    const { manifestForm } = settings;
    const plan = planBag(bag, sources, { target: 'lean', manifestForm, addressing, manifests: this.#manifests });
    return { ...plan, remember: () => undefined };
  }

  noteFilled(): void {
    // What comes back is held against the bag that was handed out.
  }
}

const CLOSING_BRACE = 0x7d;

function toPlain({ document, node }: ByteValue): unknown {
  return toPlainValue(document.bytes, node);
}

/** Changes of several objects of one text, spliced into it in one go. */
class ByteEdit implements DocumentEdit<ByteValue> {
  readonly #root: ByteValue;
  readonly #open: (bytes: Uint8Array) => ByteValue;
  readonly #drafts = new Map<JsonNode, ByteDraft>();
  readonly #replaced = new Map<JsonNode, readonly Splice[]>();

  constructor(root: ByteValue, open: (bytes: Uint8Array) => ByteValue) {
    this.#root = root;
    this.#open = open;
  }

  draft({ value }: Place<ByteValue>): ByteDraft {
    const draft = this.#drafts.get(value.node) ?? new ByteDraft(value);
    this.#drafts.set(value.node, draft);
    return draft;
  }

  put(place: Place<ByteValue>, name: string, value: JsonValue | ByteValue): void {
    this.draft(place).put(name, value instanceof ByteValue ? new RawJson(value.bytes()) : value);
  }

  putJson(place: Place<ByteValue>, name: string, json: Uint8Array): void {
    this.draft(place).put(name, new RawJson(json));
  }

  replace({ value }: Place<ByteValue>, json: Uint8Array): void {
    this.#replaced.set(value.node, spliceValue(value, json));
  }

  result(): ByteValue {
    const drafts = [...this.#drafts.values()].filter((draft) => draft.isChanged);
    const splices = [...drafts.map((draft) => draft.splices()), ...this.#replaced.values()].flat();
    if (splices.length === 0) return this.#root;
    return this.#open(applySplices(this.#root.document.bytes, outermost(splices)));
  }
}

/** Splices in order, without those inside another one: what goes as a whole is not changed before. */
function outermost(splices: readonly Splice[]): readonly Splice[] {
  // What is inserted at the place where another splice begins comes before it.
  const isInsertion = ({ start, end }: Splice) => Number(start === end);
  const sorted = splices.toSorted(
    (one, other) => one.start - other.start || isInsertion(other) - isInsertion(one) || other.end - one.end,
  );
  let end = 0;
  return sorted.filter((splice) => {
    if (splice.start < end) return false;
    end = splice.end;
    return true;
  });
}
