import type { AslNode } from '../read/node.js';
import { parseJsonPathText } from './json-path.js';
import { jsonataText, parseJsonataText } from './jsonata.js';
import type { Expression } from './reference.js';
import type { QueryLanguage } from './states.js';

/** What `$` stands for in JSONPath. */
export type Dollar = 'input' | 'result';

/** Strings are read for each place and each round of a check, and parsed once. */
const KNOWN = new WeakMap<AslNode, Map<string, Expression | undefined>>();

/** The expression that a string of a state holds; undefined for text that is meant as text, or cannot be read. */
export function readExpression(node: AslNode, language: QueryLanguage, dollar: Dollar): Expression | undefined {
  if (node.text === undefined) return undefined;
  const known = KNOWN.get(node) ?? new Map<string, Expression | undefined>();
  KNOWN.set(node, known);
  const key = `${language}:${dollar}`;
  if (!known.has(key)) known.set(key, parseExpression(node.text, language, dollar));
  return known.get(key);
}

function parseExpression(text: string, language: QueryLanguage, dollar: Dollar): Expression | undefined {
  if (language === 'JSONPath') return parseJsonPathText(text, dollar);
  const found = jsonataText(text);
  return found && parseJsonataText(found.text, found.offset);
}

/** True for a string that holds an expression which cannot be read. */
export function isUnreadable(node: AslNode, language: QueryLanguage): boolean {
  return (
    language === 'JSONata' &&
    node.text !== undefined &&
    jsonataText(node.text) !== undefined &&
    readExpression(node, language, 'input') === undefined
  );
}
