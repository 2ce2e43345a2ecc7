/* An open comment or text goes to the end: each character is looked at once. */
const COMMENT = /"(?:[^"\\]|\\.)*(?:"|$)|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const LAST_COMMA = /"(?:[^"\\]|\\.)*(?:"|$)|,(?=\s*[}\]])/g;

/** JSON with comments and last commas: spaces in their place, so that every offset stays right. */
export function withoutComments(bytes: Uint8Array): Uint8Array {
  // One character for each byte.
  const text = Buffer.from(bytes).toString('latin1');
  const plain = [COMMENT, LAST_COMMA].reduce((before, token) => before.replaceAll(token, blank), text);
  return Buffer.from(plain, 'latin1');
}

function blank(token: string): string {
  return token.startsWith('"') ? token : token.replaceAll(/[^\n]/g, ' ');
}
