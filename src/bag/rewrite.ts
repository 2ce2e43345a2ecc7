import { ByteValue } from './value.js';
import { InternalError } from '../errors/index.js';
import { applySplices, givesBack, invertSplices } from '../json/index.js';
import type { Splice } from '../json/index.js';
import { detectField, isEmpty } from './bag.js';
import type { Bag } from './bag.js';
import { ByteDraft, RawJson } from './edit.js';
import type { NewMember } from './edit.js';
import { CONFIG, MANIFEST, MAP } from './members.js';
import type { PlannedBag } from './plan.js';
import { s3Pointer } from './pointers.js';

/** A document rewritten in memory, with the way back. */
export interface Rewrite {
  readonly bytes: Uint8Array;
  /** Splices over `bytes` that give the original again, byte for byte. */
  readonly inverse: readonly Splice[];
  /** Each changed bag as it stands now, for validation: big values stand in as empty ones of their kind. */
  readonly outlines: readonly BagOutline[];
}

export interface BagOutline {
  readonly path: readonly string[];
  readonly members: Readonly<Record<string, unknown>>;
  /** The old names whose stored value is not empty: in `members` it may look like an empty one. */
  readonly filled: readonly string[];
}

/**
 * Runs its migrations over every planned bag and splices the result. Compares what the inverse gives with the original.
 * `allocate` gives the memory for the new bytes. Throws `InternalError` when a promise of this module is broken; then
 * nothing was written.
 */
export function rewriteBytes(
  original: Uint8Array,
  plans: readonly PlannedBag<ByteValue>[],
  allocate?: (length: number) => Uint8Array,
): Rewrite {
  const drafts = plans.map((plan) => ({ plan, draft: migrateBag(plan) }));
  const splices = drafts.flatMap(({ draft }) => draft.splices()).sort((a, b) => a.start - b.start);
  const bytes = applySplices(original, splices, allocate);
  const inverse = invertSplices(original, splices);
  if (!givesBack(bytes, inverse, original)) {
    throw new InternalError(
      'INVERSE_BROKEN',
      'the inverse of the rewrite does not give the original back; nothing was written',
    );
  }
  const outlines = drafts.map(({ plan, draft }) => ({ path: plan.bag.path, ...outlineDraft(draft) }));
  return { bytes, inverse, outlines };
}

function migrateBag({ bag, migrations, context }: PlannedBag<ByteValue>): ByteDraft {
  const draft = new ByteDraft(bag.value);
  for (const migration of migrations) migration.up(draft, context);
  return draft;
}

/** The members a schema looks at, without decoding user data. */
function outlineDraft(draft: ByteDraft): Omit<BagOutline, 'path'> {
  const members = draft.members();
  return {
    members: Object.fromEntries(members.map(({ name, value }) => [name, outlineMember(name, value)])),
    filled: members.flatMap(({ name, value }) => (isFilled(name, value) ? [name] : [])),
  };
}

function isFilled(name: string, value: unknown): boolean {
  return (name === CONFIG || name === MAP) && value instanceof ByteValue && !isEmpty(detectField(value));
}

function outlineMember(name: string, value: ByteValue | NewMember['value']): unknown {
  if (value instanceof RawJson)
    throw new InternalError('RAW_IN_OUTLINE', 'raw JSON cannot be validated as a new member');
  if (!(value instanceof ByteValue)) return value;
  return name === MANIFEST && value.kind() === 'array' ? value.items().map(outlineEntry) : outlineByKind(value);
}

/** The schema has rules for the members of an inline manifest's entries. */
function outlineEntry(entry: ByteValue): unknown {
  if (entry.kind() !== 'object') return outlineByKind(entry);
  return Object.fromEntries(entry.names().map((name) => [name, outlineByKind(entry.member(name)!)]));
}

/** The value itself when it is a scalar, an empty object or list of its kind otherwise. */
export function outlineByKind(value: ByteValue): unknown {
  switch (value.kind()) {
    case 'object':
      return pointerOutline(value) ?? {};
    case 'array':
      return [];
    case 'string':
      return value.text();
    case 'boolean':
      return value.node.kind === 'true';
    case 'number':
      return value.number();
    case 'nonfinite':
      return Number.NaN;
    default:
      return null;
  }
}

/** Longer than any pointer: a key has at most 1,024 bytes. User data is not opened to find out that it is none. */
const MAX_POINTER_BYTES = 8_192;

/** A legacy pointer is small and is what the bridge form is judged by. */
function pointerOutline(value: ByteValue): Record<string, unknown> | undefined {
  if (value.node.end - value.node.start > MAX_POINTER_BYTES) return undefined;
  if (s3Pointer.detect(value)?.target === undefined) return undefined;
  return Object.fromEntries(value.names().map((name) => [name, outlineScalar(value.member(name)!)]));
}

function outlineScalar(value: ByteValue): unknown {
  return value.kind() === 'object' ? {} : outlineByKind(value);
}

/** The outline of a bag as it is stored. */
export function outlineBag({ path, value }: Bag<ByteValue>): BagOutline {
  const filled = [CONFIG, MAP].filter((name) => isFilled(name, value.member(name)));
  return { path, members: outlineMembers(value), filled };
}

/** The members of a bag as they are stored. */
export function outlineMembers(bag: ByteValue): Record<string, unknown> {
  return Object.fromEntries(bag.names().map((name) => [name, outlineMember(name, bag.member(name)!)]));
}
