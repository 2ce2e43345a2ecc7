/** Text with spaces put in, and the way back to the text as it was. */
export interface IndentedText {
  readonly text: string;
  /** Index in the original text. */
  toOriginal(index: number): number;
}

/**
 * Indents the lines inside brackets and quotes as the specification of YAML wants them. PyYAML, which the tools of
 * CloudFormation read with, takes them at any indentation. The values stay the same: these spaces are no part of them.
 */
export function indentContinuations(text: string): IndentedText {
  return new Indenting(text).run();
}

const BLANK = /[ \t]/;

/** Goes through the text once. */
class Indenting {
  readonly #parts: string[] = [];
  /** Indexes in the new text at which spaces begin, and how many were put in up to there. */
  readonly #starts: number[] = [];
  readonly #totals: number[] = [];
  #at = 0;
  #copied = 0;
  #added = 0;
  /** Column of the first key or value of the line, after the dashes. */
  #column = 0;

  constructor(private readonly text: string) {}

  run(): IndentedText {
    while (this.#at < this.text.length) this.#line();
    this.#parts.push(this.text.slice(this.#copied));
    const [starts, totals] = [this.#starts, this.#totals];
    return {
      text: this.#parts.join(''),
      toOriginal: (index) => originalIndex(starts, totals, index),
    };
  }

  /** One line outside of brackets and quotes, with all that is in brackets and quotes which begin on it. */
  #line(): void {
    const start = this.#at;
    this.#skip(/[ ]*/y);
    while (this.text[this.#at] === '-' && /\s/.test(this.text[this.#at + 1] ?? '')) this.#skip(/-[ \t]*/y);
    this.#column = this.#at - start;
    let isStart = true;
    while (this.#at < this.text.length && !this.#isAtEnd()) isStart = this.#token(isStart, start);
    this.#skip(/\r?\n?/y);
  }

  /** Returns true when a value can begin next. */
  #token(isStart: boolean, lineStart: number): boolean {
    const character = this.text[this.#at]!;
    if (BLANK.test(character)) return this.#skip(/[ \t]+/y, isStart);
    if (character === '#' && (isStart || BLANK.test(this.text[this.#at - 1] ?? ' '))) return this.#skip(/[^\n]*/y);
    if (isStart && '!&*'.includes(character)) return this.#skip(/[^\s]+/y, true);
    if (isStart && '"\'['.includes(character)) return this.#enclosed(character);
    if (isStart && character === '{') return this.#enclosed(character);
    if (isStart && '|>'.includes(character)) return this.#block(lineStart);
    if (character === ':' && /\s/.test(this.text[this.#at + 1] ?? ' ')) return this.#skip(/:/y, true);
    return this.#skip(/./suy);
  }

  #enclosed(character: string): boolean {
    if (character === '[' || character === '{') this.#flow();
    else this.#quoted(character);
    return false;
  }

  #flow(): void {
    let [depth, isStart] = [0, true];
    while (this.#at < this.text.length) {
      const character = this.text[this.#at]!;
      if (character === '\n') this.#indent();
      else if (isStart && (character === '"' || character === "'")) {
        this.#quoted(character);
        isStart = false;
      } else if (character === '#' && /\s/.test(this.text[this.#at - 1] ?? '')) this.#skip(/[^\n]*/y);
      else if (isStart && '!&*'.includes(character)) this.#skip(/[^\s,[\]{}]+/y);
      else {
        if (character === '[' || character === '{') depth += 1;
        if (character === ']' || character === '}') depth -= 1;
        this.#at += 1;
        if (depth === 0) return;
        isStart = /\s/.test(character) ? isStart : '[{,:'.includes(character);
      }
    }
  }

  #quoted(quote: string): void {
    for (this.#at += 1; this.#at < this.text.length;) {
      const character = this.text[this.#at]!;
      if (character === '\n') this.#indent();
      else if (quote === '"' && character === '\\') this.#at += this.text[this.#at + 1] === '\n' ? 1 : 2;
      else if (character !== quote) this.#at += 1;
      else if (quote === "'" && this.text[this.#at + 1] === "'") this.#at += 2;
      else {
        this.#at += 1;
        return;
      }
    }
  }

  /** Past the lines of a text in lines of its own: all that are indented further than what it belongs to. */
  #block(lineStart: number): boolean {
    const isFirst = this.#at === lineStart + this.#column;
    const dash = this.text.slice(lineStart, this.#at).lastIndexOf('-');
    const parent = isFirst ? Math.max(-1, dash) : this.#column;
    this.#skip(/[^\n]*/y);
    for (;;) {
      const line = /\n([ ]*)([^\n]?)/y;
      line.lastIndex = this.#at;
      const match = line.exec(this.text);
      if (!match) return false;
      const isBlankLine = match[2] === '' || match[2] === '\r';
      if (!isBlankLine && match[1]!.length <= parent) return false;
      this.#at += 1;
      this.#skip(/[^\n]*/y);
    }
  }

  /** At the end of a line inside brackets or quotes. */
  #indent(): void {
    this.#at += 1;
    const start = this.#at;
    this.#skip(/[ ]*/y);
    const missing = this.#column + 1 - (this.#at - start);
    if (missing <= 0 || this.#isAtEnd()) return;
    this.#parts.push(this.text.slice(this.#copied, start), ' '.repeat(missing));
    this.#starts.push(start + this.#added);
    this.#added += missing;
    this.#totals.push(this.#added);
    this.#copied = start;
  }

  #isAtEnd(): boolean {
    return this.text[this.#at] === '\n' || (this.text[this.#at] === '\r' && this.text[this.#at + 1] === '\n');
  }

  #skip(pattern: RegExp, result = false): boolean {
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.text)?.[0].length ?? 0;
    return result;
  }
}

function originalIndex(starts: readonly number[], totals: readonly number[], index: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= index) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return index;
  const before = totals[low - 2] ?? 0;
  return Math.max(starts[low - 1]! - before, index - totals[low - 1]!);
}
