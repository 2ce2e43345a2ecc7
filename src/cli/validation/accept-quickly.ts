import { isUtf8 } from 'node:buffer';
import { bagLevels, detectEnvelope, hasNumericId, findIdentityError } from '../../bag/envelope.js';
import type { Envelope, EnvelopeLevel } from '../../bag/envelope.js';
import { mixedPointers, pointersInObjects, POINTER_MARKER } from '../../bag/search.js';
import { ObjectValue } from '../../bag/value.js';
import { inlineSizeIssues, strayBags, strayPrograms } from '../../validate/document-issues.js';
import { READ_AS_JSON } from '../../validate/duplicates.js';
import { bufferOver, hasDuplicateMembers } from '../../json/index.js';
import type { Taken } from './issue.js';
import { LEAN, namedSchema } from './schema-choice.js';
import type { SchemaChoice } from './schema-choice.js';

/**
 * What a document was taken for that satisfies all its schemas; `undefined` when it does not, or may not: then the long
 * way over its bytes says what is wrong and where. Never accepts what the long way refuses.
 */
export async function acceptQuickly(bytes: Uint8Array, choice: SchemaChoice): Promise<Taken | undefined> {
  const document = parsePlain(bytes);
  if (document === undefined) return undefined;
  const envelope = choice.isAboutBags ? detectEnvelope(new ObjectValue(document)) : undefined;
  const bags = bagLevels(envelope);
  if (bags.length === 0 && choice.requiresBag) return undefined;
  if (envelope && bags.length > 0 && isDoubtful(envelope)) return undefined;
  if (choice.isAboutBags && holdsMixed(bytes, document)) return undefined;
  const names: string[] = [];
  for (const value of bags.length === 0 ? [document] : bags.map((bag) => bag.value.raw)) {
    const checker = await choice.checkerOf(value);
    if (!checker?.accepts?.(value) || (checker.name === LEAN && inlineSizeIssues(value).length > 0)) return undefined;
    names.push(checker.name);
  }
  if (names.includes(LEAN) && envelope && !(await isLeanAround(envelope, bags))) return undefined;
  return { schemas: names, holdsBag: bags.length > 0 };
}

/** True for ids that do not agree, and for a number, whose spelling is seen only in the bytes. */
function isDoubtful(envelope: Envelope<ObjectValue>): boolean {
  return findIdentityError(envelope) !== undefined || envelope.visited.some(({ value }) => hasNumericId(value));
}

async function isLeanAround(
  envelope: Envelope<ObjectValue>,
  bags: readonly EnvelopeLevel<ObjectValue>[],
): Promise<boolean> {
  const checker = await namedSchema(LEAN).checkerOf(undefined);
  const isLean = strayBags(envelope).every(({ value }) => checker?.accepts?.(value.raw) === true);
  return isLean && strayPrograms(envelope, bags).length === 0;
}

function holdsMixed(bytes: Uint8Array, document: unknown): boolean {
  return (
    bufferOver(bytes).includes(POINTER_MARKER) &&
    Array.from(mixedPointers(pointersInObjects(new ObjectValue(document)))).length > 0
  );
}

/** So many containers may nest when a document has no more of them; one that has more is walked with care. */
const FEW_CONTAINERS = 4096;

/**
 * What may be JSON for the long way and is none, or another, for `JSON.parse`: Python's numbers, which may be inside
 * JSON strings, and letters of ASCII that are escaped, which no usual writer does, and which hide names from a search.
 */
const MISLEADING = /NaN|Infinity|\\u00[2-7]/;

/** A byte order mark, malformed UTF-8, members that are there twice and deep nests are left to the long way, too. */
function parsePlain(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes) || bytes[0] === 0xef) return undefined;
  const text = bufferOver(bytes).toString('utf8');
  if (MISLEADING.test(text)) return undefined;
  try {
    const document: unknown = JSON.parse(text);
    const isDeep = bytes.length > FEW_CONTAINERS && nestsBeyond(document, FEW_CONTAINERS);
    return isDeep || holdsDuplicates(text, document) ? undefined : document;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** True when `JSON.parse` left out a member, of the document or of a bag or program that is JSON text in it. */
function holdsDuplicates(text: string, document: unknown): boolean {
  if (hasDuplicateMembers(text, document)) return true;
  const texts: string[] = [];
  collectTexts(document, texts);
  return texts.some((inner) => holdsDuplicates(inner, JSON.parse(inner)));
}

/** The JSON texts under the names of wrappers and program members. Loops: every member of a document passes here. */
function collectTexts(value: unknown, texts: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collectTexts(item, texts);
    return;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members) {
    const member = members[name];
    if (typeof member !== 'string') collectTexts(member, texts);
    else if (READ_AS_JSON.has(name) && isJson(member)) texts.push(member);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function nestsBeyond(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return children.some((child) => nestsBeyond(child, depth - 1));
}
