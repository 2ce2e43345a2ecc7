/** JSON text as it is spelled: numbers and strings keep their spelling, members their order and duplicates. */
export type JsonTree = JsonScalar | JsonContainer;

interface JsonScalar {
  readonly kind: 'scalar';
  readonly raw: string;
}

export interface JsonContainer {
  readonly kind: 'object' | 'array';
  readonly raw: string;
  /** White space between the tokens of this container, joined by `|`. */
  readonly layout: string;
  /** Members by their spelled name (`"a"`, the second one `"a"#2`), or elements by index. */
  readonly children: ReadonlyMap<string, JsonTree>;
}

/** Undefined for text that is not one JSON value. Python's `NaN` and `Infinity` are read as scalars. */
export function parseTree(text: string): JsonTree | undefined {
  const parser = new Parser(text);
  try {
    return parser.document();
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

/* eslint-disable no-control-regex -- JSON allows no control characters in strings, and three of them as white space. */
class NotJson extends Error {}

const SPACE = /[\u0009\u000a\u000d ]*/y;
const SCALAR =
  /"(?:[^"\\\u0000-\u001f]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): JsonTree {
    this.match(SPACE);
    const tree = this.value();
    this.match(SPACE);
    if (this.at !== this.text.length) throw new NotJson();
    return tree;
  }

  private value(): JsonTree {
    const char = this.text[this.at];
    if (char === '{') return this.container('object', '}');
    if (char === '[') return this.container('array', ']');
    return { kind: 'scalar', raw: this.match(SCALAR) };
  }

  private container(kind: JsonContainer['kind'], close: string): JsonContainer {
    const start = this.at;
    this.at += 1;
    const children = new Map<string, JsonTree>();
    const layout = [this.match(SPACE)];
    while (this.text[this.at] !== close) {
      if (children.size > 0) {
        this.expect(',');
        layout.push(this.match(SPACE));
      }
      const name = kind === 'array' ? String(children.size) : this.name(layout);
      children.set(freeName(children, name), this.value());
      layout.push(this.match(SPACE));
    }
    this.at += 1;
    return { kind, raw: this.text.slice(start, this.at), layout: layout.join('|'), children };
  }

  private name(layout: string[]): string {
    const name = this.match(STRING);
    layout.push(this.match(SPACE));
    this.expect(':');
    layout.push(this.match(SPACE));
    return name;
  }

  private expect(char: string): void {
    if (this.text[this.at] !== char) throw new NotJson();
    this.at += 1;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) throw new NotJson();
    this.at = pattern.lastIndex;
    return found[0];
  }
}

function freeName(children: ReadonlyMap<string, unknown>, name: string): string {
  if (!children.has(name)) return name;
  for (let count = 2; ; count++) if (!children.has(`${name}#${count}`)) return `${name}#${count}`;
}
