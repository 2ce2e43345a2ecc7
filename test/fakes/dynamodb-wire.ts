import type { Attribute, AttributeMap, Row } from '../../src/sources/dynamodb/port.js';

/** A JSON object as it is sent. */
export type Wire = Readonly<Record<string, unknown>>;

/** Binary values are base64 on the wire. */
export function fromWire(map: unknown): Row {
  return Object.fromEntries(
    Object.entries(map as Wire).map(([name, value]) => [name, attributeFromWire(value as Wire)]),
  );
}

function attributeFromWire(value: Wire): Attribute {
  if ('M' in value) return { M: fromWire(value.M) };
  if ('L' in value) return { L: (value.L as Wire[]).map(attributeFromWire) };
  if ('B' in value) return { B: Buffer.from(String(value.B), 'base64') };
  if ('BS' in value) return { BS: (value.BS as string[]).map((text) => Buffer.from(text, 'base64')) };
  return value as unknown as Attribute;
}

export function toWire(map: AttributeMap): Wire {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, attributeToWire(value)]));
}

function attributeToWire(value: Attribute): unknown {
  if ('M' in value) return { M: toWire(value.M) };
  if ('L' in value) return { L: value.L.map(attributeToWire) };
  if ('B' in value) return { B: Buffer.from(value.B).toString('base64') };
  return 'BS' in value ? { BS: value.BS.map((bytes) => Buffer.from(bytes).toString('base64')) } : value;
}
