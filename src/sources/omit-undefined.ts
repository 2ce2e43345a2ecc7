type Present<T> = { readonly [Name in keyof T]?: Exclude<T[Name], undefined> };

/** The members that have a value: an optional member of an options object is absent, never `undefined`. */
export function omitUndefined<T extends object>(members: T): Present<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>;
}
