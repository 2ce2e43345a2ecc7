/** The function, asked once for each key. */
export function once<K extends object, V>(find: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const found = known.get(key) ?? { value: find(key) };
    known.set(key, found);
    return found.value;
  };
}

/** The function, asked once for each key and each of what it is asked about. */
export function oncePer<K extends object, T extends object, V>(find: (key: K, about: T) => V): (key: K, about: T) => V {
  const known = once((about: T) => once((key: K) => find(key, about)));
  return (key, about) => known(about)(key);
}
