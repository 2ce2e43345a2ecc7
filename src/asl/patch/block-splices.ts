import type { Splice } from '../../json/index.js';
import type { AslMember } from '../read/node.js';
import type { MemberText } from './new-members.js';
import type { ObjectPlan } from './object-plan.js';

const [SPACE, LINE_FEED, RETURN, HASH, DOUBLE, SINGLE] = [0x20, 0x0a, 0x0d, 0x23, 0x22, 0x27];
const NOTHING = new Uint8Array();

/**
 * Splices for an object told by indentation. Comments stay, also those behind a member that goes. Undefined when a
 * member that goes stands where its line cannot be taken out.
 */
export function blockSplices(bytes: Uint8Array, { node, fates, before }: ObjectPlan): readonly Splice[] | undefined {
  const splices: Splice[] = [];
  for (const [index, member] of (node.members ?? []).entries()) {
    const fate = fates[index];
    const added = before.get(index);
    if (added) splices.push({ start: member.keyStart, end: member.keyStart, insert: insertion(bytes, member, added) });
    if (!fate) continue;
    const splice =
      fate.length === 0 ? removal(bytes, member, node.members?.[index + 1]) : replacement(bytes, member, fate);
    if (!splice) return undefined;
    splices.push(splice);
  }
  return splices;
}

function replacement(bytes: Uint8Array, member: AslMember, members: readonly MemberText[]): Splice {
  return {
    start: member.keyStart,
    end: endOf(bytes, member),
    insert: Buffer.from(members.map((text) => written(bytes, member, text)).join(lineBreak(bytes, member))),
  };
}

function insertion(bytes: Uint8Array, member: AslMember, members: readonly MemberText[]): Uint8Array {
  const end = lineBreak(bytes, member);
  return Buffer.from(members.map((text) => `${written(bytes, member, text)}${end}`).join(''));
}

/** In the manner of the member beside it: quotes for quotes. */
function written(bytes: Uint8Array, member: AslMember, { name, value }: MemberText): string {
  return `${quoted(name, bytes[member.keyStart])}: ${'json' in value ? value.json : quoted(value.text, quoteFor(bytes, member, value.text))}`;
}

function quoteFor(bytes: Uint8Array, { value }: AslMember, text: string): number | undefined {
  const quote = bytes[value.start];
  return quote === DOUBLE || quote === SINGLE || text.startsWith('$') ? quote : DOUBLE;
}

/** What is no quote stands for none. */
function quoted(text: string, quote: number | undefined): string {
  if (quote === DOUBLE) return JSON.stringify(text);
  if (quote === SINGLE) return `'${text.replaceAll("'", "''")}'`;
  return /: | #|^[\s'"&*!|>%@`[\]{},?-]/.test(text) ? JSON.stringify(text) : text;
}

function lineBreak(bytes: Uint8Array, { keyStart }: AslMember): string {
  const start = lineStart(bytes, keyStart);
  const indent = Buffer.from(bytes.subarray(start, keyStart)).toString();
  return `${bytes[start - 2] === RETURN ? '\r\n' : '\n'}${' '.repeat(indent.length)}`;
}

function removal(bytes: Uint8Array, member: AslMember, next: AslMember | undefined): Splice | undefined {
  const [start, end] = [lineStart(bytes, member.keyStart), endOf(bytes, member)];
  const rest = skipSpaces(bytes, end);
  if (isBlank(bytes, start, member.keyStart)) {
    const isAlone = bytes[rest] !== HASH;
    return isAlone
      ? { start, end: pastLine(bytes, rest), insert: NOTHING }
      : { start: member.keyStart, end: rest, insert: NOTHING };
  }
  // The first member of an element stands behind its dash.
  if (!next || !isBlank(bytes, end, next.keyStart)) return undefined;
  return { start: member.keyStart, end: next.keyStart, insert: NOTHING };
}

/** A text in lines of its own ends with their last line break, which stays. */
function endOf(bytes: Uint8Array, { value, keyEnd }: AslMember): number {
  let end = Math.max(value.end, keyEnd);
  while (isSpace(bytes[end - 1])) end -= 1;
  return end;
}

function lineStart(bytes: Uint8Array, at: number): number {
  return bytes.lastIndexOf(LINE_FEED, at - 1) + 1;
}

function skipSpaces(bytes: Uint8Array, at: number): number {
  let end = at;
  while (bytes[end] === SPACE || bytes[end] === 0x09) end += 1;
  return end;
}

function pastLine(bytes: Uint8Array, at: number): number {
  const feed = bytes.indexOf(LINE_FEED, at);
  return feed < 0 ? bytes.length : feed + 1;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes.subarray(start, end).every(isSpace);
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === 0x09;
}
