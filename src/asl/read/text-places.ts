import { byteOffsets } from './byte-offsets.js';
import type { AslNode, Spelling } from './node.js';

const ESCAPED_UNITS: Readonly<Record<string, number>> = { x: 4, u: 6 };

/** Where the characters of a string stand in the source, so that a part of it can be named and replaced. */
export interface TextPlaces {
  /** Byte offset in the source for an index into the text (UTF-16 units), its end included. */
  at(index: number): number;
  /** As it must be written to read as this, in the middle of the string. */
  encode(text: string): string;
}

/** Undefined for an alias and for a spelling that folds lines, where characters have no place of their own. */
export function textPlaces(bytes: Uint8Array, node: AslNode): TextPlaces | undefined {
  if (node.text === undefined || node.spelling === undefined || node.isAlias) return undefined;
  const raw = Buffer.from(bytes.subarray(node.start, node.end)).toString();
  const indexes = rawIndexes(raw, node.text, node.spelling);
  if (indexes?.length !== node.text.length + 1) return undefined;
  const toBytes = byteOffsets(raw);
  return {
    at: (index) => {
      const at = indexes[index];
      return at === undefined ? node.end : node.start + toBytes(at);
    },
    encode: encoder(raw, node.spelling),
  };
}

function rawIndexes(raw: string, text: string, spelling: Spelling): readonly number[] | undefined {
  if (spelling === 'literal') return literalIndexes(raw, text);
  if (spelling === 'folded' || raw.includes('\n')) return undefined;
  if (spelling === 'plain') return Array.from({ length: text.length + 1 }, (_, index) => index);
  return quotedIndexes(raw, spelling === 'single' ? (at) => (raw[at] === "'" ? 2 : 1) : (at) => escapeUnits(raw, at));
}

function quotedIndexes(raw: string, unitsAt: (at: number) => number): readonly number[] {
  const indexes: number[] = [];
  for (let at = 1; at < raw.length - 1; at += unitsAt(at)) indexes.push(at);
  return [...indexes, raw.length - 1];
}

function escapeUnits(raw: string, at: number): number {
  return raw[at] === '\\' ? (ESCAPED_UNITS[raw[at + 1] ?? ''] ?? 2) : 1;
}

/** Behind the header each line is a line of the text, indented. */
function literalIndexes(raw: string, text: string): readonly number[] | undefined {
  const indexes: number[] = [];
  let lineStart = raw.indexOf('\n') + 1;
  for (const line of text.split('\n')) {
    const lineEnd = endOfLine(raw, lineStart);
    const start = lineEnd - line.length;
    if (start < lineStart || raw.slice(start, lineEnd) !== line) return undefined;
    for (let at = start; at <= lineEnd; at += 1) indexes.push(at);
    lineStart = raw.indexOf('\n', lineEnd) + 1 || raw.length;
  }
  return indexes;
}

function endOfLine(raw: string, lineStart: number): number {
  const feed = raw.indexOf('\n', lineStart);
  if (feed < 0) return raw.length;
  return raw[feed - 1] === '\r' ? feed - 1 : feed;
}

function encoder(raw: string, spelling: Spelling): (text: string) => string {
  if (spelling === 'json' || spelling === 'double') return (text) => JSON.stringify(text).slice(1, -1);
  if (spelling === 'single') return (text) => text.replaceAll("'", "''");
  const [, lineEnd = '\n', indent = ''] = /(\r?\n)( *)\S/.exec(raw) ?? [];
  return (text) => text.replaceAll('\n', `${lineEnd}${indent}`);
}
