import { ObjectDraft } from '../bag/edit.js';
import type { JsonValue } from '../bag/edit.js';
import { Bag, digestInPointer, holdsDigest, isEmpty } from '../bag/bag.js';
import type { Field } from '../bag/bag.js';
import { WRAPPERS } from '../bag/envelope.js';
import { isFaithfulText } from '../bag/faithful-text.js';
import type { LoadedContent } from '../bag/hydrate.js';
import type { BlobKind, BlobRef } from '../bag/keys.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import type { MigrationContext } from '../bag/migration.js';
import { POINTER_MARKER, searchObjects } from '../bag/search.js';
import { planBag } from '../bag/plan.js';
import type { ValuePlace } from '../bag/search.js';
import { addressRule, loadSources } from '../bag/sources.js';
import { ObjectValue, isMembers, parseObject, readDocument } from '../bag/value.js';
import { BagError } from '../errors/index.js';
import type { BlobCache } from './caches.js';
import { openAddressing, signalOption } from './context.js';
import type { DocumentEdit, Form, InvocationContext, Measure, Place, ProgramPlan } from './form.js';
import { cloneJson, firstDifference, jsonBytes, jsonText, sameJson, LeanCheck } from './plain-values.js';
import { ProgramCache } from './caches.js';
import { md5Prefix } from '../bag/keys.js';
import type { JsonMembers } from '../bag/value.js';

/** The shim over values that `JSON.parse` made. */
export class ObjectForm implements Form<ObjectValue> {
  readonly #blobs: BlobCache;
  readonly #programs: ProgramCache;
  readonly #leanCheck: LeanCheck;

  /** `cacheBytes`: memory for values that were stored before. */
  constructor(blobs: BlobCache, cacheBytes: number) {
    this.#blobs = blobs;
    this.#programs = new ProgramCache(cacheBytes);
    this.#leanCheck = new LeanCheck(addressRule(blobs));
  }

  open(value: unknown): ObjectValue {
    return new ObjectValue(value).remember(this.#blobs.remembered);
  }

  /**
   * A handler's answer. A bag that prints itself (`toJSON`), or a level around it, is what it prints. What cannot be
   * printed is refused where it is measured, with a message on the channel.
   */
  openAnswer(value: unknown): ObjectValue {
    if (!printsItself(value)) return this.open(value);
    try {
      return this.open(JSON.parse(jsonText(value)));
    } catch (error) {
      if (error instanceof BagError) return this.open(value);
      throw error;
    }
  }

  edit(root: ObjectValue): DocumentEdit<ObjectValue> {
    return new ObjectEdit(root, (raw) => this.open(raw));
  }

  measure({ raw }: ObjectValue): Measure {
    const text = jsonText(raw);
    return { bytes: Buffer.byteLength(text), mentionsPointer: text.includes(POINTER_MARKER) };
  }

  parse(bytes: Uint8Array): ObjectValue {
    return this.open(parseObject(bytes));
  }

  search(root: ObjectValue, name: string): Iterable<ValuePlace<ObjectValue>> {
    return searchObjects(root, name);
  }

  copy({ raw }: ObjectValue): ObjectValue {
    return this.open(cloneJson(raw));
  }

  withFlag({ raw }: ObjectValue, name: string): ObjectValue {
    return this.open({ ...(raw as JsonMembers), [name]: true });
  }

  snapshot({ raw }: ObjectValue): ObjectValue {
    return this.open({ ...(raw as JsonMembers) });
  }

  isSame({ raw }: ObjectValue, stored: ObjectValue): boolean {
    return sameJson(raw, stored.raw);
  }

  firstDifference(one: ObjectValue, other: ObjectValue): string | undefined {
    return firstDifference(one.raw, other.raw);
  }

  isPlainlyLean({ raw }: ObjectValue): boolean {
    return this.#leanCheck.isLeanEvent(raw as JsonMembers);
  }

  async planProgram(bag: Bag<ObjectValue>, context: InvocationContext<ObjectValue>): Promise<ProgramPlan> {
    const blobRefs = this.#programs.find(bag);
    if (blobRefs) return { blobs: [], context: { blobRefs, createdAt: bag.createdAt }, remember: () => undefined };
    const plan = await planInBytes(bag, context);
    const remember = () => {
      if (plan.isRepeatable) this.#programs.remember(bag, plan.context.blobRefs);
    };
    return { ...plan, remember };
  }

  noteFilled(before: Bag<ObjectValue>, makeAfter: () => Bag<ObjectValue>, content: LoadedContent): void {
    const after = makeAfter();
    if (areAllStored(before, after)) this.#programs.remember(after, listBlobRefs(before, after, content));
  }
}

/** True when a level on the way to a bag has a `toJSON`. */
function printsItself(value: unknown, depth = 0): boolean {
  if (!isMembers(value) || depth > MAX_WRAPPERS) return false;
  if (typeof value.toJSON === 'function') return true;
  return WRAPPERS.some((name) => printsItself(value[name], depth + 1));
}

/** Deeper than any caller wraps. */
const MAX_WRAPPERS = 8;

const PROGRAM = new Set<string>(PROGRAM_MEMBERS);

/**
 * Plans a bag in bytes, as the batch tool does: what is inline counts as `JSON.stringify` writes it, the target of
 * a pointer keeps its stored bytes, and so both find the same addresses. User data is left out of the text. Throws what
 * planning and following pointers throw.
 */
async function planInBytes(bag: Bag<ObjectValue>, context: InvocationContext<ObjectValue>) {
  const { addresses, blobs, settings } = context.state;
  const members = Object.entries(bag.value.raw as JsonMembers).filter(
    ([name, value]) => PROGRAM.has(name) || typeof value !== 'object',
  );
  const root = readDocument(jsonBytes(Object.fromEntries(members)));
  const inBytes = new Bag(root, { addresses, ids: bag });
  const sources = await loadSources(inBytes, blobs, signalOption(context));
  const addressing = await openAddressing(context);
  return planBag(inBytes, sources, { target: 'lean', manifestForm: settings.manifestForm, addressing });
}

/** Every value that is inline now came from a content address, and the manifest that goes with the map is at one. */
function areAllStored(before: Bag<ObjectValue>, after: Bag<ObjectValue>): boolean {
  return (
    holdsDigest(before.manifestPath) &&
    isStored(before.config, before.configPath, after.config) &&
    isStored(before.map, before.mapPath, after.map)
  );
}

/** A path counts only where the old name held nothing. */
function isStored(before: Field, path: Field, after: Field): boolean {
  return after.state !== 'inline' || (isEmpty(before) && holdsDigest(path));
}

const EMPTY = new Uint8Array();

function listBlobRefs(before: Bag, after: Bag, { paths }: LoadedContent): MigrationContext['blobRefs'] {
  const { config = EMPTY, map = EMPTY } = paths;
  return {
    ...makeBlobRef('config', before.configPath, config),
    ...makeBlobRef('map', before.mapPath, map),
    // Its size counts only for the cache, which holds nothing of it.
    ...(after.map.state === 'inline' ? makeBlobRef('manifest', before.manifestPath, EMPTY) : {}),
  };
}

/** The reference of a blob that is stored already. */
function makeBlobRef(kind: BlobKind, path: Field, bytes: Uint8Array): Partial<Record<BlobKind, BlobRef>> {
  const pointer = path.state === 'pointer' ? path.pointer : undefined;
  const sha256 = pointer && digestInPointer(pointer);
  if (pointer?.target?.bucket === undefined || sha256 === undefined) return {};
  const { bucket, key } = pointer.target;
  const uri = `s3://${bucket}/${key}`;
  return { [kind]: { kind, uri, bucket, key, size: bytes.length, sha256, md5Prefix: () => md5Prefix(bytes) } };
}

/** A place in an object under change, and the places inside it. */
interface EditNode {
  /** `original`: the object that the draft changes. An object inside a JSON string is another one at each parse. */
  draft?: { readonly changes: ObjectDraft; readonly original: JsonMembers };
  /** `original`: the value that goes, which may be a document inside the JSON string at this place. */
  replacement?: { readonly value: unknown; readonly original: unknown };
  readonly inner: Map<string, EditNode>;
}

/** Changes at several places of an object, copied along the way to them and nowhere else. */
class ObjectEdit implements DocumentEdit<ObjectValue> {
  readonly #root: ObjectValue;
  readonly #open: (raw: unknown) => ObjectValue;
  readonly #top: EditNode = { inner: new Map() };
  readonly #parsed = new Map<string, { readonly value: unknown }>();

  constructor(root: ObjectValue, open: (raw: unknown) => ObjectValue) {
    this.#root = root;
    this.#open = open;
  }

  draft({ path, value }: Place<ObjectValue>): ObjectDraft {
    const node = path.reduce(nodeInside, this.#top);
    if (node.draft === undefined) {
      this.#assertWritable([...path, '']);
      const original = value.raw as JsonMembers;
      node.draft = { changes: new ObjectDraft(original), original };
    }
    return node.draft.changes;
  }

  put(place: Place<ObjectValue>, name: string, value: JsonValue | ObjectValue): void {
    // A handler's answer may hold what JSON has not; it goes on as it is.
    this.draft(place).put(name, isValue(value) ? (value.raw as JsonValue) : value);
  }

  putJson(place: Place<ObjectValue>, name: string, json: Uint8Array): void {
    this.draft(place).put(name, parseObject(json) as JsonValue);
  }

  replace({ path, value }: Place<ObjectValue>, json: Uint8Array): void {
    this.#assertWritable(path);
    path.reduce(nodeInside, this.#top).replacement = { value: parseObject(json), original: value.raw };
  }

  /** Throws `BagError` `EMBEDDED_INEXACT` for a place in a JSON string with a number that JavaScript respells. */
  #assertWritable(path: readonly string[]): void {
    let value = this.#root.raw;
    for (const name of path) {
      while (typeof value === 'string') value = this.#parse(value);
      value = (value as JsonMembers)[name];
    }
  }

  /** Many changes may be in one long text. */
  #parse(text: string): unknown {
    const parsed = this.#parsed.get(text) ?? { value: parseFaithful(text) };
    this.#parsed.set(text, parsed);
    return parsed.value;
  }

  result(): ObjectValue {
    return isChanged(this.#top) ? this.#open(build(this.#root.raw, this.#top)) : this.#root;
  }
}

/** A reading of another copy of this package has values of that copy. */
function isValue(value: JsonValue | ObjectValue): value is ObjectValue {
  return typeof (value as Partial<ObjectValue> | null)?.identity === 'function';
}

function nodeInside({ inner }: EditNode, name: string): EditNode {
  const node = inner.get(name) ?? { inner: new Map<string, EditNode>() };
  inner.set(name, node);
  return node;
}

function isChanged({ draft, replacement, inner }: EditNode): boolean {
  return replacement !== undefined || draft?.changes.isChanged === true || [...inner.values()].some(isChanged);
}

function build(value: unknown, node: EditNode): unknown {
  if (node.replacement) return buildReplacement(value, node.replacement);
  if (!isChanged(node)) return value;
  if (typeof value === 'string') return jsonText(build(JSON.parse(value), node));
  if (Array.isArray(value)) return value.map((item, at) => buildInside(item, node, String(at)));
  const original = node.draft?.original ?? (value as JsonMembers);
  const members: Record<string, unknown> = node.draft?.changes.result() ?? { ...original };
  for (const [name, inner] of node.inner) {
    // What another change put there is not the object that the inner change is about.
    if (Object.hasOwn(members, name) && members[name] === original[name]) members[name] = build(original[name], inner);
  }
  return members;
}

/** A string at the place of a document that is inside it stays a string. */
function buildReplacement(value: unknown, replacement: NonNullable<EditNode['replacement']>): unknown {
  if (typeof value !== 'string' || value === replacement.original) return replacement.value;
  return jsonText(buildReplacement(JSON.parse(value), replacement));
}

function buildInside(item: unknown, { inner }: EditNode, name: string): unknown {
  const node = inner.get(name);
  return node ? build(item, node) : item;
}

function parseFaithful(text: string): unknown {
  if (isFaithfulText(text)) return JSON.parse(text);
  throw new BagError(
    'EMBEDDED_INEXACT',
    'a bag inside a JSON string holds a number that JavaScript cannot write back as it is spelled',
  );
}
