import { isUtf8 } from 'node:buffer';
import { bagLevels, detectEnvelope } from '../../bag/envelope.js';
import { mismatchOf } from '../../bag/identity.js';
import { mixedInObjects, POINTER_MARKER } from '../../bag/mixed-pointer.js';
import { objectReader } from '../../bag/object-reader.js';
import { inlineSizeIssues } from '../../bag/validate/inline-size.js';
import { strayPrograms } from '../../bag/validate/stray-programs.js';
import { bufferOver } from '../../json/index.js';
import { LEAN } from './schema-choice.js';
import type { SchemaChoice } from './schema-choice.js';

/**
 * The schemas of a document that satisfies them all; `undefined` when it does not, or may not: then the long way over
 * its bytes says what is wrong and where. Never accepts what the long way refuses.
 */
export async function acceptQuickly(bytes: Uint8Array, choice: SchemaChoice): Promise<readonly string[] | undefined> {
  const document = parsePlain(bytes);
  if (document === undefined) return undefined;
  const envelope = choice.isAboutBags ? detectEnvelope(objectReader, document) : undefined;
  const bags = bagLevels(objectReader, envelope);
  if (bags.length === 0 && choice.requiresBag) return undefined;
  if (envelope && bags.length > 0 && (mismatchOf(objectReader, envelope.visited) || holdsMixed(bytes, document))) return undefined;
  const names: string[] = [];
  for (const value of bags.length === 0 ? [document] : bags.map((bag) => bag.value)) {
    const checker = await choice.checkerOf(value);
    if (!checker?.accepts(value) || (checker.name === LEAN && inlineSizeIssues(value).length > 0)) return undefined;
    names.push(checker.name);
  }
  return names.includes(LEAN) && strayPrograms(objectReader, envelope, bags).length > 0 ? undefined : names;
}

function holdsMixed(bytes: Uint8Array, document: unknown): boolean {
  return bufferOver(bytes).includes(POINTER_MARKER) && Array.from(mixedInObjects(document)).length > 0;
}

/** So many containers may nest when a document has no more of them; one that has more is walked with care. */
const FEW_CONTAINERS = 4096;

/** A byte order mark, malformed UTF-8, Python's numbers and deep nests are left to the long way. */
function parsePlain(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes) || bytes[0] === 0xef) return undefined;
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
    return bytes.length <= FEW_CONTAINERS || !nestsBeyond(document, FEW_CONTAINERS) ? document : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function nestsBeyond(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return children.some((child) => nestsBeyond(child, depth - 1));
}
