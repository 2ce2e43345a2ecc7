import { isAlias, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Alias, Document, ParsedNode, Scalar, YAMLMap } from 'yaml';
import { BagError } from '../../errors/index.js';
import type { CodeFor } from '../../errors/index.js';
import { locate } from '../../json/index.js';
import { byteOffsets } from './byte-offsets.js';
import { MAX_LEVELS } from './json-tree.js';
import type { AslMember, AslNode, Spelling } from './node.js';

/**
 * A definition of the size that the service takes has a few thousand values; aliases of aliases can stand for billions.
 */
const MAX_VALUES = 1_000_000;

const SPELLINGS: Readonly<Record<string, Spelling>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
};

/** The documents of a YAML file. Throws `BagError` `YAML_SYNTAX`, `YAML_TOO_DEEP`, `YAML_TOO_LARGE`. */
export function parseYamlTrees(bytes: Uint8Array, text: string): readonly AslNode[] {
  const toBytes = byteOffsets(text);
  return parseDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw refusal(bytes, toBytes(error.pos[0]), 'YAML_SYNTAX', error.message);
    return document.contents ? [new TreeBuilder(bytes, toBytes).build(document.contents, 0)] : [];
  });
}

function parseDocuments(text: string): readonly Document.Parsed[] {
  try {
    const parsed = parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    return 'empty' in parsed ? [] : parsed;
  } catch (error) {
    // The parser goes down level by level, and a file of brackets only leads it to the end of the stack.
    if (!(error instanceof RangeError)) throw error;
    throw new BagError('YAML_TOO_DEEP', `nested deeper than ${MAX_LEVELS} levels`, { cause: error });
  }
}

function refusal(bytes: Uint8Array, offset: number, code: CodeFor<'BagError'>, what: string): BagError {
  const place = locate(bytes, offset);
  return new BagError(code, `${what} at line ${place.line}, column ${place.column}`, { context: { offset, ...place } });
}

class TreeBuilder {
  #values = 0;
  /** The last one of a name counts, as an alias follows it. */
  readonly #anchors = new Map<string, ParsedNode>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly toBytes: (index: number) => number,
  ) {}

  build(node: ParsedNode, level: number): AslNode {
    const start = this.toBytes(node.range[0]);
    this.#values += 1;
    if (level > MAX_LEVELS)
      throw refusal(this.bytes, start, 'YAML_TOO_DEEP', `nested deeper than ${MAX_LEVELS} levels`);
    if (this.#values > MAX_VALUES)
      throw refusal(this.bytes, start, 'YAML_TOO_LARGE', `more than ${MAX_VALUES} values, aliases followed,`);
    const place = { start, end: this.toBytes(node.range[1]) };
    if (isAlias(node)) return this.follow(node, place, level);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return { ...place, ...scalarOf(node) };
    const isBlock = node.flow !== true;
    if (isSeq(node))
      return { ...place, kind: 'array', isBlock, items: node.items.map((item) => this.build(item, level + 1)) };
    return { ...place, kind: 'object', isBlock, members: this.members(node, level) };
  }

  /** An alias is what it stands for, where that is written. One that is a part of itself goes too deep in the end. */
  private follow({ source }: Alias, place: { readonly start: number; readonly end: number }, level: number): AslNode {
    const target = this.#anchors.get(source);
    return target ? this.build(target, level + 1) : { ...place, kind: 'null' };
  }

  private members(map: YAMLMap.Parsed, level: number): readonly AslMember[] {
    return map.items.flatMap(({ key, value }) => {
      const [keyStart, keyEnd] = [this.toBytes(key.range[0]), this.toBytes(key.range[1])];
      const built: AslNode = value ? this.build(value, level + 1) : { kind: 'null', start: keyEnd, end: keyEnd };
      return isScalar(key) ? [{ name: String(key.value), keyStart, keyEnd, value: built }] : [];
    });
  }
}

/** Tags but `!Sub` stand for something that only a deployment knows. */
function scalarOf({ value, type, tag }: Scalar): Pick<AslNode, 'kind' | 'text' | 'spelling' | 'number'> {
  if (value === null) return { kind: 'null' };
  if (typeof value === 'boolean') return { kind: value ? 'true' : 'false' };
  if (typeof value !== 'string') return { kind: 'number', ...(typeof value === 'number' && { number: String(value) }) };
  const spelling = SPELLINGS[type ?? ''] ?? 'folded';
  const isText = tag === undefined || tag === '!Sub' || tag.startsWith('tag:yaml.org,');
  return isText ? { kind: 'string', text: value, spelling } : { kind: 'string', spelling };
}
