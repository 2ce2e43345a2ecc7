import { isAlias, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Alias, Document, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { BagError } from '../../errors/index.js';
import type { CodeFor } from '../../errors/index.js';
import { locate } from '../../json/index.js';
import { byteOffsets } from './byte-offsets.js';
import { MAX_LEVELS } from './json-tree.js';
import type { AslMember, AslNode, Spelling } from './node.js';
import { hasPlaceholder } from './node.js';
import { indentContinuations } from './yaml-indent.js';

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
  const indented = indentContinuations(text);
  // The parser goes down level by level. At the end of the stack it can end the process.
  if (indented.levels > MAX_LEVELS) throw tooDeep();
  const strict = parseDocuments(text);
  const isMended = strict.some(({ errors }) => errors.some(({ code }) => MENDED.has(code)));
  if (!errorIn(strict) || !isMended) return requireTrees(strict, bytes, toBytes);
  const read = parseDocuments(indented.text);
  return requireTrees(read, bytes, (index) => toBytes(indented.toOriginal(index)));
}

/** What the parser says of brackets and quotes that go on without indentation. */
const MENDED: ReadonlySet<string> = new Set(['BAD_INDENT', 'MISSING_CHAR']);

function tooDeep(cause?: unknown): BagError {
  return new BagError('YAML_TOO_DEEP', `nested deeper than ${MAX_LEVELS} levels`, { cause });
}

function requireTrees(
  documents: readonly Document.Parsed[],
  bytes: Uint8Array,
  toBytes: (index: number) => number,
): readonly AslNode[] {
  const error = errorIn(documents);
  if (error) throw refusal(bytes, toBytes(error.pos[0]), 'YAML_SYNTAX', error.message);
  return documents.flatMap(({ contents }) => (contents ? [new TreeBuilder(bytes, toBytes).build(contents, 0)] : []));
}

interface Problem {
  readonly pos: readonly [number, number];
  readonly message: string;
}

/** A comment without a space before it, as PyYAML takes it, is read right all the same. */
function errorIn(documents: readonly Document.Parsed[]): Problem | undefined {
  return documents
    .flatMap(({ errors }) => errors)
    .find(({ message }) => !message.startsWith('Comments must be separated from other tokens'));
}

function parseDocuments(text: string): readonly Document.Parsed[] {
  try {
    const parsed = parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    return 'empty' in parsed ? [] : parsed;
  } catch (error) {
    // The parser goes down level by level, and a file of brackets only leads it to the end of the stack.
    if (!(error instanceof RangeError)) throw error;
    throw tooDeep(error);
  }
}

function refusal(bytes: Uint8Array, offset: number, code: CodeFor<'BagError'>, what: string): BagError {
  const place = locate(bytes, offset);
  return new BagError(code, `${what} at line ${place.line}, column ${place.column}`, { context: { offset, ...place } });
}

interface ReadMember extends AslMember {
  readonly isPlain: boolean;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** The short forms of the functions that take a list or a mapping. */
const FUNCTIONS =
  /^!(Join|Sub|If|ToJsonString|GetAtt|Select|Split|FindInMap|ImportValue|Base64|Cidr|GetAZs|Transform|Length)$/;

function isMergeKey({ name, isPlain }: ReadMember): boolean {
  return name === '<<' && isPlain;
}

/** Of several mappings, the first one that has a name counts. */
function mergedMembers({ members, items }: AslNode): readonly AslMember[] {
  return members ?? [...(items ?? [])].reverse().flatMap((item) => item.members ?? []);
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
    return this.called(node.tag, this.collection(node, place, level));
  }

  private collection(node: YAMLSeq.Parsed | YAMLMap.Parsed, place: Place, level: number): AslNode {
    const isBlock = node.flow !== true;
    if (isSeq(node))
      return { ...place, kind: 'array', isBlock, items: node.items.map((item) => this.build(item, level + 1)) };
    const own = this.members(node, level);
    const merged = own.filter(isMergeKey).flatMap(({ value }) => mergedMembers(value));
    if (merged.length === 0) return { ...place, kind: 'object', isBlock, members: own };
    // The members of the mapping itself count, as the last one of a name does.
    return { ...place, kind: 'object', isBlock, isMerged: true, members: [...merged, ...own] };
  }

  /** `!Join […]` is `{"Fn::Join": […]}`. */
  private called(tag: string | undefined, value: AslNode): AslNode {
    const name = FUNCTIONS.exec(tag ?? '')?.[1];
    if (name === undefined) return value;
    const { start, end } = value;
    const member = { name: `Fn::${name}`, keyStart: start, keyEnd: start, value };
    return { kind: 'object', start, end, members: [member] };
  }

  /** An alias is what it stands for, where that is written. One that is a part of itself goes too deep in the end. */
  private follow({ source }: Alias, place: Place, level: number): AslNode {
    const target = this.#anchors.get(source);
    return target ? this.build(target, level + 1) : { ...place, kind: 'null' };
  }

  private members(map: YAMLMap.Parsed, level: number): readonly ReadMember[] {
    return map.items.flatMap(({ key, value }) => {
      const [keyStart, keyEnd] = [this.toBytes(key.range[0]), this.toBytes(key.range[1])];
      const built: AslNode = value ? this.build(value, level + 1) : { kind: 'null', start: keyEnd, end: keyEnd };
      const isPlain = isScalar(key) && key.type === 'PLAIN';
      return isScalar(key) ? [{ name: String(key.value), keyStart, keyEnd, value: built, isPlain }] : [];
    });
  }
}

/** Tags but `!Sub` stand for something that only a deployment knows. */
function scalarOf({
  value,
  type,
  tag,
}: Scalar): Pick<AslNode, 'kind' | 'text' | 'spelling' | 'number' | 'isNothing' | 'isSubstituted'> {
  if (value === null) return { kind: 'null' };
  if (typeof value === 'boolean') return { kind: value ? 'true' : 'false' };
  if (typeof value !== 'string') return { kind: 'number', ...(typeof value === 'number' && { number: String(value) }) };
  const spelling = SPELLINGS[type ?? ''] ?? 'folded';
  if (tag === '!Ref' && value === 'AWS::NoValue') return { kind: 'null', isNothing: true };
  const isText = tag === undefined || tag === '!Sub' || tag.startsWith('tag:yaml.org,');
  if (!isText) return { kind: 'string', spelling };
  const isSubstituted = tag === '!Sub' && hasPlaceholder(value);
  return { kind: 'string', text: value, spelling, ...(isSubstituted && { isSubstituted }) };
}
