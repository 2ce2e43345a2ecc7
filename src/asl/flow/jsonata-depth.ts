/**
 * The parser of JSONata calls itself for each bracket and each operator. At the end of the stack it can end the
 * process, when a regular expression is compiled there, so that this cannot be left to an error. With Node's default
 * stack it takes 1,000 brackets and 4,000 operators in one another.
 */
const MAX_DEPTH = 1000;

const BRACKET_COST = 2;

const TOKEN =
  /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`[^`]*`?|\/\*[\s\S]*?(?:\*\/|$)|[A-Za-z_]\w*|[([{]|[)\]}]|[,;]|[^\w\s]/g;

const WORDS = new Set(['and', 'or', 'in']);

/** True when parsing the text does not come near the end of the stack. */
export function isShallow(text: string): boolean {
  const open: number[] = [];
  let [depth, chain] = [0, 0];
  const endChain = (next: number): void => {
    depth += next - chain;
    chain = next;
  };
  for (const [token] of text.matchAll(TOKEN)) {
    if ('([{'.includes(token)) {
      open.push(chain);
      chain = 0;
      depth += BRACKET_COST;
    } else if (')]}'.includes(token)) {
      endChain(0);
      // What is in brackets after a value makes a chain, too: `a[0][1]`.
      chain = open.pop() ?? 0;
      depth = Math.max(0, depth - BRACKET_COST);
      endChain(chain + 1);
    } else if (token === ',' || token === ';') endChain(0);
    else if (isOperator(token)) endChain(chain + 1);
    if (depth > MAX_DEPTH) return false;
  }
  return true;
}

function isOperator(token: string): boolean {
  return WORDS.has(token) || !/^[\w"'`$]|^\/\*/.test(token);
}
