/** A JSON object as `JSON.parse` gives it. Never changed: what is to differ is made anew. */
export type JsonMembers = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is JsonMembers {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
