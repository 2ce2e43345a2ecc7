import type { Attribute, AttributeMap } from '../table.js';

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** JSON text of an attribute, and what of it JSON has no word for. */
export interface AttributeText {
  readonly text: string;
  /** Member names and positions down to each binary value, set, and number that JSON would spell otherwise. */
  readonly strangers: readonly (readonly string[])[];
}

/**
 * One text for one value: members are sorted, because the table keeps no order and may give another one tomorrow;
 * numbers keep their spelling. Binary values and sets stand as DynamoDB's own JSON writes them, to be looked at and
 * never to be written back.
 */
export function attributeText(attribute: Attribute): AttributeText {
  const strangers: (readonly string[])[] = [];
  return { text: write(attribute, [], strangers), strangers };
}

function write(attribute: Attribute, path: readonly string[], strangers: (readonly string[])[]): string {
  if ('S' in attribute) return JSON.stringify(attribute.S);
  if ('M' in attribute) return writeMap(attribute.M, path, strangers);
  if ('L' in attribute)
    return `[${attribute.L.map((item, at) => write(item, [...path, String(at)], strangers)).join(',')}]`;
  if ('BOOL' in attribute) return String(attribute.BOOL);
  if ('NULL' in attribute) return 'null';
  if ('N' in attribute && JSON_NUMBER.test(attribute.N)) return attribute.N;
  strangers.push(path);
  return JSON.stringify(attribute, base64);
}

function writeMap(map: AttributeMap, path: readonly string[], strangers: (readonly string[])[]): string {
  const members = Object.keys(map)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${write(map[name]!, [...path, name], strangers)}`);
  return `{${members.join(',')}}`;
}

function base64(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
