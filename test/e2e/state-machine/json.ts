/** A JSON object as a Lambda function gets it. */
export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseMembers(value: unknown): Members {
  if (isMembers(value)) return value;
  throw new TypeError(`Not an object: ${describe(value)}`);
}

export function parseList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`Not a list: ${describe(value)}`);
}

export function parseText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`Not text: ${describe(value)}`);
}

export function parseNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new TypeError(`Not a number: ${describe(value)}`);
}

/** The same object without some members. */
export function omit(members: Members, ...names: readonly string[]): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}

/** What arrives at the other end of a wire: nothing is shared with what was sent. */
export function sendJson(value: unknown): unknown {
  return JSON.parse(describe(value));
}

function describe(value: unknown): string {
  return JSON.stringify(value ?? null);
}
