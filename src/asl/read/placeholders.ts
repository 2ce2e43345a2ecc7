const [OPEN, CLOSE, QUOTE, BACKSLASH, DOLLAR] = [0x7b, 0x7d, 0x22, 0x5c, 0x24];
const [COMMA, COLON, OPEN_LIST, CLOSE_LIST] = [0x2c, 0x3a, 0x5b, 0x5d];
const [SPACE, APOSTROPHE, ZERO] = [0x20, 0x27, 0x30];

/** JSON with placeholders such as `"TimeoutSeconds": ${Timeout}`, in a form that a JSON parser takes. */
export interface MaskedJson {
  /** As many bytes as before, so that every offset stays right. */
  readonly bytes: Uint8Array;
  /** Offsets of the values that placeholders stand for. */
  readonly holes: ReadonlySet<number>;
  /** Offsets of the names that stand for members: `{"a": 1, ${More}}`. */
  readonly fragments: ReadonlySet<number>;
}

/** Masks the placeholders outside of strings. */
export function maskPlaceholders(bytes: Uint8Array): MaskedJson {
  return new Masking(bytes).run();
}

/** Goes through the text once. What is not JSON either way is left for the parser to refuse. */
class Masking {
  readonly #masked: Uint8Array;
  readonly #holes = new Set<number>();
  readonly #fragments = new Set<number>();
  /** The kind of each open container, the outermost first. */
  readonly #open: number[] = [];
  /** The last byte that is not white space: a bracket, a comma, a colon, or any byte of a value. */
  #last = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.#masked = Uint8Array.from(bytes);
  }

  run(): MaskedJson {
    for (let at = 0; at < this.bytes.length;) at = this.#step(at);
    return { bytes: this.#masked, holes: this.#holes, fragments: this.#fragments };
  }

  #step(at: number): number {
    const byte = this.bytes[at]!;
    if (byte <= SPACE) return at + 1;
    if (byte === QUOTE) return this.#skipString(at);
    if (byte === DOLLAR && this.bytes[at + 1] === OPEN) return this.#mask(at);
    if (byte === OPEN || byte === OPEN_LIST) this.#open.push(byte);
    if (byte === CLOSE || byte === CLOSE_LIST) this.#open.pop();
    this.#last = byte;
    return at + 1;
  }

  /** Quotes inside of a placeholder in a string do not end the string: `"${join(",", arns)}"`. */
  #skipString(start: number): number {
    this.#last = QUOTE;
    let depth = 0;
    for (let at = start + 1; at < this.bytes.length; at += 1) {
      const byte = this.bytes[at]!;
      if (byte === BACKSLASH) at += 1;
      else if (depth > 0 && byte === 0x0a) depth = 0;
      else if (depth > 0 && byte === QUOTE && !endsValue(this.bytes, at)) this.#masked[at] = APOSTROPHE;
      else if (byte === QUOTE) return at + 1;
      else if (byte === OPEN && (depth > 0 || this.bytes[at - 1] === DOLLAR)) depth += 1;
      else if (byte === CLOSE && depth > 0) depth -= 1;
    }
    return this.bytes.length;
  }

  /** A value, a name, members, or nothing, by what is before and after it. */
  #mask(start: number): number {
    const end = endOfToken(this.bytes, start);
    const next = this.bytes[skipSpace(this.bytes, end)];
    const isInObject = this.#open.at(-1) === OPEN;
    const isFirst = this.#last === OPEN || this.#last === COMMA || this.#last === OPEN_LIST || this.#last === 0;
    if (this.#last === COLON || (!isInObject && isFirst)) this.#fillValue(start, end);
    else if (isInObject && isFirst && next === COLON) this.#fillText(start, end);
    else if (isInObject && isFirst && (next === COMMA || next === CLOSE)) this.#fillMember(start, end);
    else this.#fillGap(start, end, isInObject, isFirst);
    return end;
  }

  #fillText(start: number, end: number): void {
    for (let at = start + 1; at < end - 1; at += 1) {
      const byte = this.bytes[at]!;
      if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) this.#masked[at] = APOSTROPHE;
    }
    this.#masked[start] = QUOTE;
    this.#masked[end - 1] = QUOTE;
    this.#last = QUOTE;
  }

  #fillValue(start: number, end: number): void {
    this.#fillText(start, end);
    this.#holes.add(start);
  }

  /** The shortest placeholder, `${a}`, has the four bytes of `"":0`. */
  #fillMember(start: number, end: number): void {
    this.#masked.fill(APOSTROPHE, start, end);
    this.#masked[start] = QUOTE;
    this.#masked.set([QUOTE, COLON, ZERO], end - 3);
    this.#fragments.add(start);
    this.#holes.add(end - 1);
    this.#last = ZERO;
  }

  /** Members with a comma of their own, before or after: `{"a": 1 ${More}}`. */
  #fillGap(start: number, end: number, isInObject: boolean, isFirst: boolean): void {
    this.#masked.fill(SPACE, start, end);
    if (!isInObject || end - start < 5) return;
    this.#masked.fill(APOSTROPHE, start, end);
    const [open, close] = isFirst ? [start, end - 1] : [start + 1, end];
    this.#masked[isFirst ? end - 1 : start] = COMMA;
    this.#masked[open] = QUOTE;
    this.#masked.set([QUOTE, COLON, ZERO], close - 3);
    this.#fragments.add(open);
    this.#holes.add(close - 1);
    this.#last = isFirst ? COMMA : ZERO;
  }
}

/** True for a quote after which a value or a name ends. */
function endsValue(bytes: Uint8Array, quote: number): boolean {
  const next = bytes[skipSpace(bytes, quote + 1)];
  return next === COLON || next === CLOSE_LIST || next === undefined;
}

/** Past placeholders and whatever is written next to them without a gap: `1${Zeros}`, `${A}${B}`. */
function endOfToken(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === OPEN && (depth > 0 || bytes[at - 1] === DOLLAR)) depth += 1;
    else if (byte === CLOSE && depth > 0) depth -= 1;
    else if (depth === 0 && (byte <= SPACE || [COMMA, COLON, CLOSE, CLOSE_LIST, QUOTE, OPEN, OPEN_LIST].includes(byte)))
      return at;
  }
  return bytes.length;
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! <= SPACE) at += 1;
  return at;
}
