import { ConfigError } from '../../src/errors/classes.js';

/** How a writer spells JSON. */
export const STYLES = ['compact', 'python', 'python-utf8', 'pretty', 'crlf'] as const;
export type Style = (typeof STYLES)[number];

/** The pieces in which the styles differ. */
export interface Spelling {
  readonly comma: string;
  readonly colon: string;
  /** Written before every member and element, followed by two spaces a level; `undefined` keeps all on one line. */
  readonly lineBreak?: string;
  string(text: string): string;
  number(value: number): string;
}

/**
 * - `compact`: `JSON.stringify(value)`, what Step Functions and Node handlers emit; but -0 stays -0.
 * - `python`: `json.dumps(value)`, everything outside printable ASCII escaped.
 * - `python-utf8`: `json.dumps(value, ensure_ascii=False)`, what the legacy hydrator stored.
 * - `pretty`: `JSON.stringify(value, null, 2)`; `crlf` the same with Windows line ends.
 */
const SPELLINGS: Readonly<Record<Style, Spelling>> = {
  compact: { comma: ',', colon: ':', string: remembering(quote), number: javaScriptNumber },
  python: { comma: ', ', colon: ': ', string: remembering(quoteAscii), number: pythonNumber },
  'python-utf8': { comma: ', ', colon: ': ', string: remembering(quote), number: pythonNumber },
  pretty: { comma: ',', colon: ': ', lineBreak: '\n', string: remembering(quote), number: javaScriptNumber },
  crlf: { comma: ',', colon: ': ', lineBreak: '\r\n', string: remembering(quote), number: javaScriptNumber },
};

export function spellingOf(style: Style): Spelling {
  return SPELLINGS[style];
}

/** Whether a document in this style can be a line of NDJSON. */
export function isOneLine(style: Style = 'compact'): boolean {
  return SPELLINGS[style].lineBreak === undefined;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function quoteAscii(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Keys and stock phrases come up again and again: quoting them is most of the work, so it is done once. */
function remembering(spell: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length > 256) return spell(text);
    let spelled = known.get(text);
    if (spelled === undefined) {
      spelled = spell(text);
      if (known.size < 8192) known.set(text, spelled);
    }
    return spelled;
  };
}

function javaScriptNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  throw new ConfigError('NUMBER_NOT_JSON', `JSON has no ${value}; spell it with Raw to write it anyway.`);
}

/** Python's `repr`: exponents from 1e16 up and below 1e-4, of at least two digits. */
function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || (size >= 1e16 && !Number.isSafeInteger(value)))) return pythonExponent(value);
  return Object.is(value, -0) ? '-0.0' : String(value);
}

function pythonExponent(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
