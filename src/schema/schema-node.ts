export type SchemaObject = Readonly<Record<string, unknown>>;

/** Schemas by `$id`; what a `$ref` may lead to beyond its own document. */
export type SchemaLibrary = ReadonlyMap<string, SchemaObject>;

/** A schema at its place. */
export interface SchemaNode {
  readonly schema: SchemaObject | boolean;
  /** From the root of the document that was given, also behind a reference: where a person looks. */
  readonly pointer: string;
  /** Document in which its references are resolved. */
  readonly root: SchemaObject;
  readonly library: SchemaLibrary;
  /** In another document than the one given; `pointer` then names the reference that led there. */
  readonly isElsewhere: boolean;
}

export function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function rootNode(root: SchemaObject, library: SchemaLibrary): SchemaNode {
  return { schema: root, pointer: '', root, library, isElsewhere: false };
}

/** The schema below a keyword, or below a member of one. */
export function childNode(node: SchemaNode, schema: unknown, ...path: readonly string[]): SchemaNode {
  const pointer = node.pointer + path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return {
    ...node,
    schema: isSchemaObject(schema) || typeof schema === 'boolean' ? schema : true,
    pointer: node.isElsewhere ? node.pointer : pointer,
  };
}

/** What a reference leads to; `undefined` when it leads out of the documents at hand, or to an anchor. */
export function followRef(node: SchemaNode, reference: string): SchemaNode | undefined {
  const [address = '', fragment = ''] = reference.split('#');
  const root = address === '' ? node.root : node.library.get(resolveAddress(address, node.root));
  const schema = root && (fragment === '' || fragment.startsWith('/')) ? atPointer(root, fragment) : undefined;
  if (!root || !(isSchemaObject(schema) || typeof schema === 'boolean')) return undefined;
  const isElsewhere = node.isElsewhere || address !== '';
  return { ...node, schema, root, isElsewhere, pointer: isElsewhere ? node.pointer : decodeURIComponent(fragment) };
}

function resolveAddress(address: string, { $id }: SchemaObject): string {
  return typeof $id === 'string' ? new URL(address, $id).href : address;
}

function atPointer(root: SchemaObject, fragment: string): unknown {
  let value: unknown = root;
  for (const token of decodeURIComponent(fragment).split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
