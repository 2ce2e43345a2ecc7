import { Refusal } from './refusal.js';

/**
 * A regular expression of a schema. JSON Schema asks for the Unicode mode of ECMAScript, which refuses a backslash
 * before a character that needs none, and a bracket or brace that stands for itself. Most validators take these, and
 * they mean one thing only: they are written as the Unicode mode asks for.
 */
export function compilePattern(source: string, place: string): RegExp {
  const pattern = compileUnicode(source) ?? compileUnicode(spellStrictly(source));
  if (pattern) return pattern;
  throw new Refusal('SCHEMA_INVALID', `the pattern at ${place} is not a regular expression of ECMAScript`);
}

function compileUnicode(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'u');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** An escape; a class; a brace with what makes it a quantifier; a bracket or brace alone. */
const TOKENS = /\\[^]|\[(?:\\[^]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[\]{}]/g;
/** Escapes with a braced argument, which only the Unicode mode has. */
const BRACED = /\\(?:[pP]|u|k)(?:\{[^}]*\}|<[^>]*>)/g;

function spellStrictly(source: string): string {
  const kept: string[] = [];
  const marked = source.replaceAll(BRACED, (escape) => `\\\u0000${kept.push(escape) - 1}\u0000`);
  const strict = marked.replaceAll(TOKENS, (token) => {
    if (token.startsWith('\\')) return spellEscape(token, false);
    if (token.startsWith('[')) return spellClass(token);
    return token.length > 1 ? token : `\\${token}`;
  });
  return strict.replaceAll(/\\\0(\d+)\0/g, (_, index: string) => kept[Number(index)]!);
}

/** Letters and digits have meanings of their own, or none that validators agree on. */
function spellEscape(escape: string, isInClass: boolean): string {
  const character = escape[1]!;
  if (/[\w\0^$\\.*+?()[\]{}|/]/.test(character) && character !== '_') return escape;
  return character === '-' && isInClass ? escape : character;
}

function spellClass(text: string): string {
  const inner = text.slice(1, -1).replaceAll(/\\[^]/g, (escape) => spellEscape(escape, true));
  // A hyphen next to a class such as \w is no range.
  const strict = inner.replaceAll(/(\\[wWdDsS])-(?!$)/g, '$1\\-').replaceAll(/([^\\])-(?=\\[wWdDsS])/g, '$1\\-');
  return `[${strict}]`;
}
