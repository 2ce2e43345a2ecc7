import { Raw, Shared } from './json-value.js';
import type { JsonMap, JsonValue } from './json-value.js';
import { spellingOf } from './spelling.js';
import type { Spelling, Style } from './spelling.js';

/** The JSON text of a value in one of the styles. */
export function serialise(value: JsonValue, style: Style): string {
  return serialiseBytes(value, style).toString('utf8');
}

/** The UTF-8 bytes of a value. `depth` is how many objects or arrays it lies in, for the indented styles. */
export function serialiseBytes(value: JsonValue, style: Style, depth = 0): Buffer {
  const writer = new JsonWriter(style);
  writer.value(value, depth);
  return writer.bytes();
}

/** Size in UTF-8 bytes, compact: the measure in which all sizes of a fleet are given. */
export function compactSize(value: JsonValue): number {
  const writer = new JsonWriter('compact');
  writer.value(value, 0);
  return writer.size();
}

/** Bytes. Copying longer values as bytes spares encoding them again; for shorter ones the extra buffers cost more. */
const LONGEST_KEPT_AS_TEXT = 2048;

class JsonWriter {
  private readonly style: Style;
  private readonly spelling: Spelling;
  private readonly done: Buffer[] = [];
  private text = '';

  constructor(style: Style) {
    this.style = style;
    this.spelling = spellingOf(style);
  }

  bytes(): Buffer {
    this.flush();
    return this.done.length === 1 ? this.done[0]! : Buffer.concat(this.done);
  }

  /** Of `bytes()`, without making them. */
  size(): number {
    return this.done.reduce((sum, { length }) => sum + length, Buffer.byteLength(this.text));
  }

  value(value: JsonValue, depth: number): void {
    if (typeof value === 'string') this.text += this.spelling.string(value);
    else if (typeof value === 'number') this.text += this.spelling.number(value);
    else if (typeof value === 'boolean' || value === null) this.text += String(value);
    else this.compound(value, depth);
  }

  private compound(value: Exclude<JsonValue, string | number | boolean | null>, depth: number): void {
    if (value instanceof Raw) this.text += value.text;
    else if (value instanceof Shared) this.shared(value, depth);
    else if (isList(value)) this.list(value, depth);
    else this.members(isMap(value) ? value : Object.entries(value), depth);
  }

  private shared(shared: Shared, depth: number): void {
    const form = this.spelling.lineBreak === undefined ? this.style : `${this.style} ${depth}`;
    let spelled = shared.spelled.get(form);
    if (spelled === undefined) {
      const bytes = serialiseBytes(shared.value, this.style, depth);
      spelled = bytes.length > LONGEST_KEPT_AS_TEXT ? bytes : bytes.toString('utf8');
      shared.spelled.set(form, spelled);
    }
    if (typeof spelled === 'string') this.text += spelled;
    else this.append(spelled);
  }

  private append(bytes: Buffer): void {
    this.flush();
    this.done.push(bytes);
  }

  private list(items: readonly JsonValue[], depth: number): void {
    let separator = '[';
    for (const item of items) {
      this.separate(separator, depth + 1);
      this.value(item, depth + 1);
      separator = this.spelling.comma;
    }
    this.close(separator, '[', ']', depth);
  }

  private members(members: Iterable<readonly [string | Raw, JsonValue]>, depth: number): void {
    let separator = '{';
    for (const [key, value] of members) {
      this.separate(separator, depth + 1);
      this.text += (typeof key === 'string' ? this.spelling.string(key) : key.text) + this.spelling.colon;
      this.value(value, depth + 1);
      separator = this.spelling.comma;
    }
    this.close(separator, '{', '}', depth);
  }

  private separate(separator: string, depth: number): void {
    this.text += separator;
    if (this.spelling.lineBreak !== undefined) this.text += this.spelling.lineBreak + '  '.repeat(depth);
  }

  /** Nothing was written between the brackets when the separator is still the opening one. */
  private close(separator: string, opening: string, closing: string, depth: number): void {
    if (separator === opening) this.text += opening + closing;
    else if (this.spelling.lineBreak === undefined) this.text += closing;
    else this.text += this.spelling.lineBreak + '  '.repeat(depth) + closing;
  }

  private flush(): void {
    if (this.text !== '') this.done.push(Buffer.from(this.text, 'utf8'));
    this.text = '';
  }
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isMap(value: object): value is JsonMap {
  return value instanceof Map;
}
