import { Composer, Lexer, Parser } from 'yaml';
import type { CST, Document } from 'yaml';
import { MAX_LEVELS } from './json-tree.js';

/** Marks of the lexer that are not text of the file. */
const MARKS: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f']);

/** The token of a document, and the one of a value in the innermost collection. */
const AROUND = 2;

/**
 * The documents of a text. Tokens are read with a stack of their own, but documents are composed level by level, which
 * at the end of the program's stack can end the process. `refuse` is given the index of a value that is too deep,
 * before its document is composed, and throws.
 */
export function parseDocuments(text: string, refuse: (index: number) => never): readonly Document.Parsed[] {
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent', keepSourceTokens: true });
  return [...composer.compose(readTokens(text, refuse))] as readonly Document.Parsed[];
}

function* readTokens(text: string, refuse: (index: number) => never): Generator<CST.Token> {
  const parser = new Parser();
  let index = 0;
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > MAX_LEVELS + AROUND) refuse(index);
    if (!MARKS.has(lexeme)) index += lexeme.length;
  }
  yield* parser.end();
}
