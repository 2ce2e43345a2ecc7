import { expandNode } from '../../json/index.js';
import { byteReader } from '../byte-reader.js';
import type { ByteValue } from '../byte-reader.js';
import type { Detection } from '../detect.js';
import { WRAPPERS } from '../envelope.js';
import type { EnvelopeLevel } from '../envelope.js';
import { PROGRAM_MEMBERS } from '../members.js';
import { mixedInBytes } from '../mixed-pointer.js';
import { mixedPointerIssues } from './mixed-pointers.js';
import { childPointer } from './place.js';
import { plainValue } from './plain-value.js';
import { leanIssues } from './state-bag.js';
import { strayBags } from './stray-bags.js';
import { STRAY_PROGRAM, strayPrograms } from './stray-programs.js';
import type { ValidationIssue } from './validation-issue.js';

/**
 * What is wrong with a document with a bag that no schema of the bag says: mixed pointers, members that are there
 * twice, and, where the bag must be lean, programs and other bags next to it. Places are those of the document.
 */
export function documentIssues(
  root: ByteValue,
  { envelope, sites }: Detection<ByteValue>,
  mustBeLean: boolean,
): readonly ValidationIssue[] {
  if (!envelope || sites.length === 0) return [];
  const strays = strayBags(byteReader, envelope);
  const issues = [
    ...mixedPointerIssues(mixedInBytes(root)),
    ...[...envelope.visited, ...strays].flatMap(duplicateIssues),
  ];
  if (!mustBeLean) return issues;
  const programs = strayPrograms(byteReader, envelope, sites).map((path) => ({
    ...STRAY_PROGRAM,
    pointer: pointerOf(path),
  }));
  return [...issues, ...programs, ...strays.flatMap(strayIssues)];
}

/** Names that decide which bag and which program a document has. */
const DECISIVE: readonly string[] = [...WRAPPERS, ...PROGRAM_MEMBERS];

/** Readers take the last of duplicates; another one would take the first, and with it another bag or program. */
function duplicateIssues({ path, value: { document, node } }: EnvelopeLevel<ByteValue>): readonly ValidationIssue[] {
  const names = (expandNode(document.bytes, node).members ?? []).map(({ name }) => name);
  const twice = DECISIVE.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
  return twice.map((name) => ({
    pointer: pointerOf([...path, name]),
    keyword: 'DUPLICATE_MEMBER',
    message: `The object has the member \`${name}\` more than once; which of them counts depends on the reader.`,
    hint: 'Find the program that writes it, and leave one.',
  }));
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
