import { LRUCache } from 'lru-cache';
import type { Bag } from '../bag/bag.js';
import { ByteDraft, RawJson, spliceValue } from '../bag/edit.js';
import type { JsonValue } from '../bag/edit.js';
import type { BlobAddressing } from '../bag/keys.js';
import { CONFIG, MAP } from '../bag/members.js';
import type { ManifestCache } from '../bag/plan-manifest.js';
import { planBag } from '../bag/plan.js';
import { POINTER_MARKER, searchBytes } from '../bag/search.js';
import type { ValuePlace } from '../bag/search.js';
import { loadSources } from '../bag/sources.js';
import type { BagSources } from '../bag/sources.js';
import { ByteValue, readDocument } from '../bag/value.js';
import type { ParsedBlobs } from '../bag/value.js';
import { applySplices, bufferOver, toPlainValue } from '../json/index.js';
import type { JsonNode, Splice } from '../json/index.js';
import { knownDigests, knownManifests } from '../store/address.js';
import { openAddressing, signalOption } from './context.js';
import type { DocumentEdit, Form, InvocationContext, Measure, Place, ProgramPlan } from './form.js';
import { firstDifference } from './plain-values.js';

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
    const isFilled = handed !== undefined && settings.speaks !== 'lean';
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

/** Pairs of spellings that are remembered: digests only. */
const REMEMBERED = 256;

/**
 * Finds in a returned bag the config and map that its handler was given and printed again, and gives them their own
 * spelling back: they are the blobs they came from, and nothing new is stored. What was found once is known by its
 * bytes.
 */
class Respeller {
  readonly #digest: BlobAddressing['digest'];
  readonly #known = new LRUCache<string, boolean>({ max: REMEMBERED });

  constructor(digest: BlobAddressing['digest']) {
    this.#digest = digest;
  }

  /** Sources of a bag that answers `handed`. */
  respell({ config, map }: Bag<ByteValue>, sources: BagSources<ByteValue>, handed: ByteValue): BagSources<ByteValue> {
    return {
      ...sources,
      ...(config.state === 'inline' && sources.config?.is(config.value) === true
        ? { config: this.#original(handed, CONFIG, config.value) }
        : {}),
      ...(map.state === 'inline' && sources.map?.is(map.value) === true
        ? { map: this.#original(handed, MAP, map.value) }
        : {}),
    };
  }

  #original(handed: ByteValue, name: string, printed: ByteValue): ByteValue {
    const original = handed.member(name);
    return original && this.#isReprint(original, printed) ? original : printed;
  }

  #isReprint(original: ByteValue, printed: ByteValue): boolean {
    const pair = `${this.#digest(original.bytes())} ${this.#digest(printed.bytes())}`;
    const known = this.#known.get(pair) ?? isReprint(original, printed);
    this.#known.set(pair, known);
    return known;
  }
}

/** Deeper values count as different: the comparison recurses. */
const MAX_DEPTH = 1_000;

/**
 * True when one value is what a runtime makes of the other by reading and printing it: the same members in the same
 * order, the same text, numbers in another spelling. `printed` may hold an integer beyond 2^53 as JavaScript rounds
 * it.
 */
export function isReprint(original: ByteValue, printed: ByteValue): boolean {
  return isSame(original, printed, 0);
}

function isSame(original: ByteValue, printed: ByteValue, depth: number): boolean {
  const kind = original.kind();
  if (kind !== printed.kind() || depth > MAX_DEPTH) return false;
  const [one, other] = [original.bytes(), printed.bytes()];
  if (Buffer.compare(one, other) === 0) return true;
  switch (kind) {
    case 'object':
      return hasSameMembers(original, printed, depth + 1);
    case 'array':
      return hasSameItems(original, printed, depth + 1);
    case 'string':
      return original.text() === printed.text();
    case 'number':
      return isSameNumber(latin1(one), latin1(other));
    default:
      return false;
  }
}

function hasSameMembers(original: ByteValue, printed: ByteValue, depth: number): boolean {
  const [names, others] = [original.names(), printed.names()];
  return (
    names.length === others.length &&
    names.every((name, at) => name === others[at] && isSame(original.member(name)!, printed.member(name)!, depth))
  );
}

function hasSameItems(original: ByteValue, printed: ByteValue, depth: number): boolean {
  const [items, others] = [original.items(), printed.items()];
  return items.length === others.length && items.every((item, at) => isSame(item, others[at]!, depth));
}

const WHOLE = /^-?\d+$/;

/** Python keeps integers and floats apart and prints both exactly; JavaScript has doubles only. */
function isSameNumber(original: string, printed: string): boolean {
  const value = Number(original);
  if (printed === JSON.stringify(value)) return true;
  return !WHOLE.test(original) && !WHOLE.test(printed) && value === Number(printed);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
