import type { BagDocument } from '../bag/bag.js';
import { detectField } from '../bag/bag.js';
import { WRAPPERS, isBag, isComplete, openMember } from '../bag/envelope.js';
import type { Envelope, EnvelopeLevel } from '../bag/envelope.js';
import { CONFIG, OFFLOADED_MEMBERS } from '../bag/members.js';
import { mixedPointers, pointersInBytes } from '../bag/search.js';
import { isObject } from '../bag/value.js';
import type { ByteValue, Value } from '../bag/value.js';
import { BagError } from '../errors/index.js';
import { decodeString, expandNode, toPlainValue } from '../json/index.js';
import type { JsonNode } from '../json/index.js';
import { leanIssues, mixedPointerIssues } from './lean-bag.js';
import { childPointer, isObject as isPlainObject } from './issue.js';
import type { ValidationIssue } from './issue.js';

/**
 * A value as a schema sees it. Python's `NaN` and infinities become the numbers they are, which `JSON.parse` refuses.
 */
export function plainValue({ document: { bytes }, node }: ByteValue): unknown {
  try {
    return toPlainValue(bytes, node);
  } catch (error) {
    if (error instanceof BagError && error.code === 'JSON_NONFINITE') return walk(bytes, node);
    throw error;
  }
}

function walk(bytes: Uint8Array, node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(
        (expandNode(bytes, node).members ?? []).map(({ name, value }) => [name, walk(bytes, value)]),
      );
    case 'array':
      return (expandNode(bytes, node).items ?? []).map((item) => walk(bytes, item));
    case 'string':
      return decodeString(bytes, node);
    case 'nonfinite':
      return Number(Buffer.from(bytes.subarray(node.start, node.end)).toString('latin1'));
    default:
      return toPlainValue(bytes, node);
  }
}

/** Objects that nest deeper count as bags unseen: their paths would cost the square of their number. */
const MAX_LEVELS = 64;

interface Place<V extends Value = Value> {
  readonly level: EnvelopeLevel<V>;
  /** The wrapper that leads on to the bag. */
  readonly next: string | undefined;
  /** Below `bag` or `Payload` of a complete bag only a complete bag is one; all else is user data. */
  readonly isData: boolean;
}

/**
 * Bags under the names of wrappers that are not on the way to the bag: copies inside a complete bag, bags next to the
 * one that is unwrapped, and bags deeper than wrappers are opened. Each must be as lean as the bag itself.
 */
export function strayBags<V extends Value>({ visited }: Envelope<V>): readonly EnvelopeLevel<V>[] {
  const strays: EnvelopeLevel<V>[] = [];
  const places = visited.map((level, index): Place<V> => ({
    level,
    next: visited[index + 1]?.path.at(-1),
    isData: false,
  }));
  for (const place of places) {
    for (const inner of besides(place)) {
      const { level, isData } = inner;
      const isDeep = level.path.length > MAX_LEVELS;
      if (isDeep || (isData ? isComplete : isBag)(level.value)) strays.push(level);
      if (!isDeep) places.push(inner);
    }
  }
  return strays;
}

function besides<V extends Value>({ level, next, isData }: Place<V>): readonly Place<V>[] {
  const isWhole = isComplete(level.value);
  return WRAPPERS.filter((name) => name !== next).flatMap((name) => {
    const value = openWhole(level.value, name);
    if (!isObject(value)) return [];
    return [
      {
        level: { path: [...level.path, name], value },
        next: undefined,
        isData: isData || (isWhole && name !== 'state_data'),
      },
    ];
  });
}

/** Text inside text has more escapes with each level: deeper ones are data. */
const MAX_TEXTS = 8;

/** A member, opened while it is text of JSON: no reader opens text inside text, and no check may take it for data. */
function openWhole<V extends Value>(value: V, name: string): V | undefined {
  let opened = openMember(value, name);
  for (let texts = 0; texts < MAX_TEXTS && opened?.kind() === 'string'; texts++) opened = opened.embedded();
  return opened;
}

/** What is wrong with one; its pointer is that of the member. */
const STRAY_PROGRAM: ValidationIssue = {
  pointer: '',
  keyword: 'not',
  message:
    '`workflow_config` is inline next to the bag; a lean document carries only `workflow_config_s3_path`, in the bag.',
  hint: 'Remove it where the document is written. `statebag asl check` finds the states of a state machine that pass it on.',
};

/**
 * Paths of inline configurations next to the bags of a document, in objects on the way that are not bags themselves.
 * A map there may be an argument of a branch's call, which stays; a configuration never is one.
 */
export function strayPrograms(
  envelope: Envelope | undefined,
  bags: readonly EnvelopeLevel[],
): readonly (readonly string[])[] {
  const depths = new Set(bags.map(({ path }) => path.length));
  const others = envelope?.visited.filter(({ path }) => !depths.has(path.length)) ?? [];
  return others.filter(({ value }) => holdsConfig(value)).map(({ path }) => [...path, CONFIG]);
}

function holdsConfig(level: Value): boolean {
  return detectField(level.member(CONFIG)).state === 'inline';
}

/**
 * Members of a bag, out of its envelope, that are larger than the lean schema lets stay inline (`x-max-inline-bytes`).
 * Advice and no fault: a Map state that is still to read whole entries keeps them there. Never throws.
 */
export function inlineSizeIssues(bag: unknown): readonly ValidationIssue[] {
  if (!isPlainObject(bag)) return [];
  return OFFLOADED_MEMBERS.flatMap(({ member, maxInlineBytes, pointer }) => {
    const value = Object.hasOwn(bag, member) ? bag[member] : null;
    // Members that may not be there at all are refused by the schema itself.
    if (maxInlineBytes === 0 || value === null || typeof value !== 'object') return [];
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes <= maxInlineBytes) return [];
    const message = `\`${member}\` has ${bytes} bytes inline, more than the ${maxInlineBytes} that should stay in a bag.`;
    return [
      {
        pointer: `/${member}`,
        keyword: 'x-max-inline-bytes',
        message,
        hint: `Leave its list of pointers, and the rest at \`${pointer}\`.`,
        member,
      },
    ];
  });
}

/**
 * What is wrong with a document that no schema of the bag says: mixed pointers, and, where the bag must be lean,
 * programs and other bags next to it. Places are those of the document.
 */
export function documentIssues(
  root: ByteValue,
  { envelope, bags }: BagDocument<ByteValue>,
  mustBeLean: boolean,
): readonly ValidationIssue[] {
  const mixed = mixedPointerIssues(mixedPointers(pointersInBytes(root)));
  if (!envelope || bags.length === 0 || !mustBeLean) return mixed;
  const programs = strayPrograms(envelope, bags).map((path) => ({
    ...STRAY_PROGRAM,
    pointer: pointerOf(path),
  }));
  return [...mixed, ...programs, ...strayBags(envelope).flatMap(strayIssues)];
}

function strayIssues({ path, value }: EnvelopeLevel<ByteValue>): readonly ValidationIssue[] {
  const [first] = leanIssues(plainValue(value));
  if (!first) return [];
  return [
    {
      pointer: pointerOf(path) + first.pointer,
      keyword: 'STRAY_BAG',
      message: `There is a second state bag in the document, and it is not lean: ${first.message}`,
      hint: '`statebag migrate` does not rewrite it. Remove it where the document is written, or wrap the handler that writes it.',
    },
  ];
}

function pointerOf(path: readonly string[]): string {
  return path.reduce(childPointer, '');
}
