import { ConfigError } from '../../errors/index.js';
import type { Attribute, KeyAttribute, KeySchema, Row } from './port.js';

const SCHEME = 'dynamodb://';

/** `dynamodb://Table?index=Name&owner=…`. */
export interface TableSpec {
  readonly table: string;
  readonly index: string | undefined;
  /** Parts of a scan that are read at a time. */
  readonly segments: number;
  /** Values of key attributes by name; `owner` stands for the hash key, whatever its name. */
  readonly equals: ReadonlyMap<string, string>;
}

const DEFAULT_SEGMENTS = 4;

/** DynamoDB's own bound. */
const MAX_SEGMENTS = 1_000_000;

export function isTableUri(text: string): boolean {
  return text.startsWith(SCHEME);
}

/** Throws `ConfigError` `SOURCE_INVALID`. */
export function parseTableUri(uri: string): TableSpec {
  const [table = '', query = ''] = split(uri.slice(SCHEME.length), '?');
  if (!/^[A-Za-z0-9_.-]{3,255}$/.test(table))
    throw invalid(uri, 'it names no table; write dynamodb://TABLE, for a part of it dynamodb://TABLE?owner=ID');
  const equals = new Map(new URLSearchParams(query));
  const [index, segments] = [equals.get('index'), equals.get('segments') ?? String(DEFAULT_SEGMENTS)];
  equals.delete('index');
  equals.delete('segments');
  if (!/^[1-9]\d*$/.test(segments) || Number(segments) > MAX_SEGMENTS)
    throw invalid(uri, 'segments is a whole number from 1 on');
  return { table, index, segments: Number(segments), equals };
}

function split(text: string, by: string): readonly string[] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function invalid(uri: string, flaw: string): ConfigError {
  return new ConfigError('SOURCE_INVALID', `"${uri}" is no source: ${flaw}`);
}

/** The values a query asks for, typed as the keys are. Throws `ConfigError` `SOURCE_INVALID`. */
export function keyValues(uri: string, equals: TableSpec['equals'], keys: KeySchema): ReadonlyMap<string, Attribute> {
  const named = new Map(Array.from(equals, ([name, value]) => [name === 'owner' ? keys[0]!.name : name, value]));
  const unknown = Array.from(named.keys()).find((name) => !keys.some((key) => key.name === name));
  if (unknown !== undefined)
    throw invalid(uri, `"${unknown}" is no key of it; there are ${keys.map(({ name }) => name).join(' and ')}`);
  if (!named.has(keys[0]!.name)) throw invalid(uri, `a query needs the hash key ${keys[0]!.name}`);
  return new Map(
    keys.flatMap((key) => (named.has(key.name) ? [[key.name, keyAttribute(key, named.get(key.name)!)] as const] : [])),
  );
}

/** `dynamodb://Table/hash/range`, percent-encoded: stable across runs, and what `--shard` divides by. */
export function formatRowId(table: string, keys: KeySchema, row: Row): string {
  return `${SCHEME}${[table, ...keys.map((key) => encodeURIComponent(keyText(row[key.name])))].join('/')}`;
}

/** Throws `ConfigError` `SOURCE_INVALID` when the id is not one of this table's. */
export function parseRowId(id: string, keys: KeySchema): Row {
  const parts = id.slice(SCHEME.length).split('/').slice(1);
  if (!isTableUri(id) || parts.length !== keys.length) throw invalid(id, 'it names no row');
  return Object.fromEntries(keys.map((key, at) => [key.name, keyAttribute(key, decodeURIComponent(parts[at]!))]));
}

export function tableOfRowId(id: string): string {
  return id.slice(SCHEME.length).split('/')[0]!;
}

function keyText(attribute: Attribute | undefined): string {
  if (attribute && 'S' in attribute) return attribute.S;
  if (attribute && 'N' in attribute) return attribute.N;
  return attribute && 'B' in attribute ? Buffer.from(attribute.B).toString('base64url') : '';
}

function keyAttribute({ type }: KeyAttribute, text: string): Attribute {
  if (type === 'S') return { S: text };
  return type === 'N' ? { N: text } : { B: Buffer.from(text, 'base64url') };
}
