/** The same object but for some members. */
export function omit<T extends object, const N extends keyof T>(value: T, names: readonly N[]): Omit<T, N> {
  const left = new Set<unknown>(names);
  return Object.fromEntries(Object.entries(value).filter(([name]) => !left.has(name))) as Omit<T, N>;
}
