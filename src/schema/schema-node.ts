import { isSchema } from './schema-object.js';
import type { Schema } from './schema-object.js';
import { pointerOf } from './references.js';
import type { Located, SchemaWorld } from './schema-world.js';

/** A schema at its place. */
export interface SchemaNode {
  readonly schema: Schema;
  /** The same for the same schema, however it was reached. */
  readonly place: string;
  /** From the root of the document that was given, also for what a reference leads to: where a person looks. */
  readonly pointer: string;
  readonly world: SchemaWorld;
  /** Where it is; `undefined` for a schema that is not written down. */
  readonly located: Located | undefined;
}

export function rootNode(world: SchemaWorld): SchemaNode {
  const { root } = world;
  return nodeAt(world, { document: root, pointer: '', schema: root.schema, base: world.baseAt(root, '') }, '');
}

function nodeAt(world: SchemaWorld, located: Located, pointer: string): SchemaNode {
  const { document, schema } = located;
  return { schema, place: `${document.address}#${located.pointer}`, pointer, world, located };
}

/** The schema below a keyword, or below a member of one; `absent` where there is none. */
export function childNode(
  node: SchemaNode,
  path: readonly string[],
  schema: unknown,
  absent = true,
  shown = path,
): SchemaNode {
  const { world, located } = node;
  const isElsewhere = located?.document !== world.root;
  const pointer = isElsewhere ? node.pointer : node.pointer + pointerOf(shown);
  if (!located || !isSchema(schema))
    return { schema: absent, place: String(absent), pointer, world, located: undefined };
  const { document } = located;
  const place = located.pointer + pointerOf(path);
  return nodeAt(world, { document, pointer: place, schema, base: world.baseAt(document, place) }, pointer);
}

/** What a reference leads to; `undefined` when that cannot be told. */
export function followReference(node: SchemaNode, reference: string): SchemaNode | undefined {
  const target = node.world.resolve(node.located?.base, reference);
  if (!target) return undefined;
  return nodeAt(node.world, target, target.document === node.world.root ? target.pointer : node.pointer);
}
