import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Document, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { BagError } from '../../errors/index.js';
import type { CodeFor } from '../../errors/index.js';
import { locate } from '../../json/index.js';
import { byteOffsets } from './byte-offsets.js';
import { MAX_LEVELS } from './json-tree.js';
import type { AslMember, AslNode, Spelling } from './node.js';
import { hasPlaceholder } from './node.js';
import { parseDocuments } from './yaml-documents.js';
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
  const strict = parseDocuments(text, (index) => refuseDepth(bytes, toBytes(index)));
  const isMended = strict.some(({ errors }) => errors.some(({ code }) => MENDED.has(code)));
  if (!errorIn(strict) || !isMended) return requireTrees(strict, bytes, toBytes);
  const indented = indentContinuations(text);
  const toOriginal = (index: number): number => toBytes(indented.toOriginal(index));
  const read = parseDocuments(indented.text, (index) => refuseDepth(bytes, toOriginal(index)));
  return requireTrees(read, bytes, toOriginal);
}

/** What the parser says of brackets and quotes that go on without indentation. */
const MENDED: ReadonlySet<string> = new Set(['BAD_INDENT', 'MISSING_CHAR']);

function refuseDepth(bytes: Uint8Array, offset: number): never {
  throw refusal(bytes, offset, 'YAML_TOO_DEEP', `nested deeper than ${MAX_LEVELS} levels`);
}

function requireTrees(
  documents: readonly Document.Parsed[],
  bytes: Uint8Array,
  toBytes: (index: number) => number,
): readonly AslNode[] {
  const error = errorIn(documents);
  if (error) throw refusal(bytes, toBytes(error.pos[0]), 'YAML_SYNTAX', error.message);
  return documents.flatMap(({ contents }) => (contents ? [buildTree(contents, bytes, toBytes)] : []));
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

function isMerge({ name, isPlain, value }: ReadMember): boolean {
  return name === '<<' && isPlain && (value.members ?? value.items) !== undefined;
}

/** Of several mappings, the first one that has a name counts. */
function mergedMembers({ members, items }: AslNode): readonly AslMember[] {
  return members ?? [...(items ?? [])].reverse().flatMap((item) => item.members ?? []);
}

function buildTree(root: ParsedNode, bytes: Uint8Array, toBytes: (index: number) => number): AslNode {
  return new TreeBuilder(bytes, toBytes, aliasedNames(root)).build(root, { level: 0, isShared: false });
}

/** Names of anchors that an alias takes. */
function aliasedNames(root: ParsedNode): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ParsedNode | null): void => {
    if (isAlias(node)) names.add(node.source);
    else if (isSeq(node)) node.items.forEach(visit);
    else if (isMap(node))
      for (const { key, value } of node.items) {
        visit(key);
        visit(value);
      }
  };
  visit(root);
  return names;
}

/** What is around a value. */
interface Around {
  readonly level: number;
  /** True inside an anchor that an alias takes. */
  readonly isShared: boolean;
}

const BRACE = 0x7b;

class TreeBuilder {
  #values = 0;
  /** The last one of a name counts, as an alias follows it. */
  readonly #anchors = new Map<string, ParsedNode>();
  /** What is inside an anchor is built again for each alias, and means the same as where it is written. */
  readonly #anchored = new Set<ParsedNode>();
  readonly #targets = new Map<Alias.Parsed, ParsedNode>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly toBytes: (index: number) => number,
    private readonly aliased: ReadonlySet<string>,
  ) {}

  build(node: ParsedNode, { level, isShared }: Around): AslNode {
    const start = this.toBytes(node.range[0]);
    this.#values += 1;
    if (level > MAX_LEVELS) refuseDepth(this.bytes, start);
    if (this.#values > MAX_VALUES)
      throw refusal(this.bytes, start, 'YAML_TOO_LARGE', `more than ${MAX_VALUES} values, aliases followed,`);
    const place = { start, end: this.toBytes(node.range[1]) };
    if (isAlias(node)) return this.follow(node, place, level);
    this.addAnchor(node);
    const around = { level, isShared: isShared || this.aliased.has(node.anchor ?? '') };
    const shared = around.isShared ? ({ isShared: true } as const) : {};
    if (isScalar(node)) return { ...place, ...scalarOf(node), ...shared };
    return this.called(node.tag, { ...this.collection(node, place, around), ...shared });
  }

  private collection(node: YAMLSeq.Parsed | YAMLMap.Parsed, place: Place, { level, isShared }: Around): AslNode {
    const isBlock = node.flow !== true;
    const below = { level: level + 1, isShared };
    if (isSeq(node))
      return { ...place, kind: 'array', isBlock, items: node.items.map((item) => this.build(item, below)) };
    // In brackets a mapping of one member needs no braces: there is no room for a second one.
    const isBare = !isBlock && this.bytes[place.start] !== BRACE;
    const written = this.members(node, isBare, below);
    const merged = written.filter(isMerge).flatMap(({ value }) => mergedMembers(value));
    const own = written.filter((member) => !isMerge(member));
    if (own.length === written.length) return { ...place, kind: 'object', isBlock, members: own };
    // A name is there once: mappings that merge one another would double with each step.
    const members = [...new Map([...merged, ...own].map((member) => [member.name, member])).values()];
    return { ...place, kind: 'object', isBlock, isMerged: true, members };
  }

  /** `!Join […]` is `{"Fn::Join": […]}`. */
  private called(tag: string | undefined, value: AslNode): AslNode {
    const name = FUNCTIONS.exec(tag ?? '')?.[1];
    if (name === undefined) return value;
    const { start, end, isShared } = value;
    const member = { name: `Fn::${name}`, keyStart: start, keyEnd: start, value };
    return { kind: 'object', start, end, members: [member], ...(isShared && { isShared }) };
  }

  /** An alias is what it stands for, at its own place. One that is a part of itself goes too deep in the end. */
  private follow(alias: Alias.Parsed, place: Place, level: number): AslNode {
    const target = this.build(this.target(alias), { level: level + 1, isShared: true });
    return { ...target, ...place, isAlias: true };
  }

  private addAnchor(node: Exclude<ParsedNode, Alias.Parsed>): void {
    if (node.anchor === undefined || this.#anchored.has(node)) return;
    this.#anchored.add(node);
    this.#anchors.set(node.anchor, node);
  }

  private target(alias: Alias.Parsed): ParsedNode {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (!target) throw this.refusal(alias, `alias "*${alias.source}" of an anchor that is not there`);
    this.#targets.set(alias, target);
    return target;
  }

  private refusal({ range }: ParsedNode, what: string): BagError {
    return refusal(this.bytes, this.toBytes(range[0]), 'YAML_SYNTAX', what);
  }

  private members(map: YAMLMap.Parsed, isBare: boolean, around: Around): readonly ReadMember[] {
    return map.items.map((pair): ReadMember => {
      const { key, value } = pair;
      const [keyStart, keyEnd] = [this.toBytes(key.range[0]), this.toBytes(key.range[1])];
      const { value: name, type } = this.key(key);
      const built: AslNode = value ? this.build(value, around) : { kind: 'null', start: keyEnd, end: keyEnd };
      const member = { name: String(name), keyStart, keyEnd, value: built, isPlain: type === 'PLAIN' };
      return isBare || isKeyFixed(pair) ? { ...member, isFixed: true } : member;
    });
  }

  /** Throws for what PyYAML takes as no key either. */
  private key(key: ParsedNode): Scalar.Parsed {
    const target = isAlias(key) ? this.target(key) : key;
    if (!isAlias(key)) this.addAnchor(key);
    if (!isScalar(target)) throw this.refusal(key, 'a key that is a mapping or a list');
    return target;
  }
}

/** More belongs to the key than its text, which a patch would leave where it is. */
function isKeyFixed({ key, srcToken }: Pair<ParsedNode, ParsedNode | null>): boolean {
  if (isAlias(key) || key.anchor !== undefined || key.tag !== undefined) return true;
  return srcToken?.start.some(({ type }) => type === 'explicit-key-ind') ?? false;
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
