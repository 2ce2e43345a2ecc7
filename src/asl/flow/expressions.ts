import type { AslNode } from '../read/node.js';
import { parseJsonPathText } from './json-path.js';
import { jsonataText, parseJsonataText } from './jsonata.js';
import type { Expression } from './reference.js';
import type { QueryLanguage } from './states.js';

/** What `$` stands for in JSONPath. */
export type Dollar = 'input' | 'result';

/** The expression that a string of a state holds; undefined for text that is meant as text. */
export function readExpression(node: AslNode, language: QueryLanguage, dollar: Dollar): Expression | undefined {
  if (node.text === undefined) return undefined;
  if (language === 'JSONPath') return parseJsonPathText(node.text, dollar);
  const found = jsonataText(node.text);
  return found && parseJsonataText(found.text, found.offset);
}
