/**
 * What the fleet builds documents from: plain JavaScript values, Maps where the order of number-like keys, a
 * `__proto__` key or a repeated key matters, and `Raw` where the spelling does.
 */
export type JsonValue = null | boolean | number | string | Raw | Shared | readonly JsonValue[] | JsonObject | JsonMap;

export interface JsonObject {
  [key: string]: JsonValue;
}

/** The same object without some members. */
export function omit(object: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

/** Keys may be `Raw` too: that is how a key is escaped, or given twice. */
export type JsonMap = ReadonlyMap<string | Raw, JsonValue>;

/**
 * A token spelled exactly so: `1.0`, `1e+16`, `NaN`, `9007199254740993`, `"\ud800"`. Written as it stands, never
 * checked.
 */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * A value that stands in many documents. It is spelled once for each style (and, in indented styles, each depth) and
 * its bytes are copied from then on. The value must not change after its first use.
 */
export class Shared {
  readonly value: JsonValue;
  /** Spelled forms by style and depth, kept by the writer: text when short, bytes when long. */
  readonly spelled = new Map<string, string | Buffer>();

  constructor(value: JsonValue) {
    this.value = value;
  }
}
