import { detectField, lacksProgram } from '../bag/bag.js';
import type { BagDocument } from '../bag/bag.js';
import { isBag, openMember, WRAPPERS } from '../bag/envelope.js';
import { CALL_MEMBERS, CONFIG, MANIFEST, MAP } from '../bag/members.js';
import { findLeftOver } from '../bag/resolve.js';
import { isObject } from '../bag/value.js';
import type { ByteValue } from '../bag/value.js';
import { readTextLayers } from '../json/text-layers.js';
import type { SourceDocument } from '../sources/source.js';
import { duplicateIssues, READ_AS_JSON } from '../validate/duplicates.js';
import { TEXT_UNREAD } from './inventory.js';
import type { Flaw } from './inventory.js';

/**
 * Why a document that is not fat is not understood: a filled member of an old name is in it where no bag is expected,
 * at whatever depth and inside however many strings, base64 text included, or it has a decisive member twice, or a bag
 * in it leads to no program, or has one that an earlier release of the shim left. `undefined` when none of them holds.
 *
 * @example
 * const document = { id: 'a.json', line: undefined, bytes: Buffer.from('{"a":[{"workflow_config":{"nodes":[]}}]}') };
 * findHiddenProgram(document, new BagDocument(readDocument(document.bytes)))?.code; // 'BAG_HIDDEN'
 */
export function findHiddenProgram(
  { bytes, beside }: SourceDocument,
  bagDocument: BagDocument<ByteValue>,
): Flaw | undefined {
  const isForeign = bagDocument.generation === 'foreign';
  const flaw = isForeign ? findProgram(bytes) : findStrayProgram(bagDocument);
  if (flaw) return flaw;
  if (!isForeign && repeatsMember(bytes)) return REPEATED;
  if (bagDocument.bags.some(lacksProgram)) return MISSING;
  const leftOver = bagDocument.envelope?.levels.map(({ value }) => findLeftOver(value)).find((error) => error);
  if (leftOver && !isForeign) return { code: leftOver.code, reason: leftOver.message };
  const flawBeside = beside && findProgram(beside());
  return flawBeside === HIDDEN ? HIDDEN_BESIDE : flawBeside;
}

/** A value under a name of a wrapper, or the document itself. */
interface Level {
  readonly value: ByteValue;
  readonly path: readonly string[];
}

/**
 * `HIDDEN` when a program is next to the bags of a document, or in one of them at a place that is not the state of the
 * workflow. The members of the bags themselves are judged by their generation.
 */
function findStrayProgram({ root, envelope, bags }: BagDocument<ByteValue>): Flaw | undefined {
  const bagPlaces = new Set(bags.map(({ path }) => formatPath(path)));
  const onTheWay = new Set(envelope?.levels.map(({ path }) => formatPath(path)));
  const levels: Level[] = [{ value: root, path: [] }];
  let found: Flaw | undefined;
  for (const { value, path } of levels) {
    const place = formatPath(path);
    const passed = new Set<string>([MANIFEST, ...CALL_MEMBERS, ...(isBag(value) ? STATE_MEMBERS : [])]);
    if (bagPlaces.has(place)) passed.add(CONFIG);
    // Next to a bag it is an argument of the call of a branch, which stays.
    if (onTheWay.has(place)) passed.add(MAP);
    for (const name of value.names()) {
      if (passed.has(name)) continue;
      const inner = isWrapper(name) && levels.length <= MAX_LEVELS ? openMember(value, name) : undefined;
      if (isObject(inner)) levels.push({ value: inner, path: [...path, name] });
      else found = findProgramIn(name, value.member(name)!) ?? found;
      if (found === HIDDEN) return found;
    }
  }
  return found;
}

/** Copies of a bag that a merge left in the state are data of the user and stay (`STATE_HOLDS_BAG`). */
const STATE_MEMBERS = ['current_state', 'state_history'] as const;

/** More wrappers than any caller uses; what is in further ones is searched as text. */
const MAX_LEVELS = 64;

function isWrapper(name: string): boolean {
  return WRAPPERS.some((wrapper) => wrapper === name);
}

function formatPath(path: readonly string[]): string {
  return path.join('/');
}

function findProgramIn(name: string, value: ByteValue): Flaw | undefined {
  if (name === CONFIG || name === MAP) return detectField(value).state === 'inline' ? HIDDEN : undefined;
  return findProgram(value.bytes());
}

/** True when readers that take the first of two members find another bag or program than those that take the last. */
function repeatsMember(bytes: Uint8Array): boolean {
  return duplicateIssues(bytes).some(({ member }) => member === undefined || READ_AS_JSON.has(member));
}

/** Why a text is not understood: a filled member of an old name is in it, or text that cannot be decompressed. */
function findProgram(bytes: Uint8Array): Flaw | undefined {
  let flaw: Flaw | undefined;
  for (const text of readTextLayers(bytes)) {
    if (text === undefined) flaw = TEXT_UNREAD;
    else if (PROGRAM.test(text)) return HIDDEN;
  }
  return flaw;
}

const PROGRAM =
  /"(?:workflow_config|partition_map)\\*"(?:\s|\\+[nrt])*:(?!(?:\s|\\+[nrt])*(?:null|\{\s*\}|\[\s*\]|\\*"\\*"))/;

const HIDDEN: Flaw = {
  code: 'BAG_HIDDEN',
  reason:
    'workflow_config or partition_map is in it at a place where no bag is expected: in a list, in JSON text inside JSON text, in base64 text, next to the bag, or below other members',
};

const HIDDEN_BESIDE: Flaw = {
  code: 'BAG_HIDDEN',
  reason: 'workflow_config or partition_map is in another attribute of the row, where no bag is expected',
};

const MISSING: Flaw = {
  code: 'PROGRAM_MISSING',
  reason: 'no member of the bag has a program or names one, so no reader can run it, with or without the shim',
};

const REPEATED: Flaw = {
  code: 'DUPLICATE_MEMBER',
  reason:
    'a member that holds the bag or its program is in it more than once, and readers do not agree which one counts',
};
