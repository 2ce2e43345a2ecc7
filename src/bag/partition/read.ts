import { BagError } from '../../errors.js';
import { ExactNumber } from '../../json/index.js';
import type { JsonObject, NodeId } from './types.js';

/** An edge with its ends read. An end that can name no node is null. */
export interface Edge {
  readonly source: NodeId | null;
  readonly target: NodeId | null;
  readonly value: JsonObject;
  /** Place in the list it came from. */
  readonly position: number;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/**
 * @throws BagError `WORKFLOW_INVALID`, naming the place by JSON pointer, from the workflow or from the node it lies in.
 */
export function refuse(path: string, message: string): never {
  throw new BagError('WORKFLOW_INVALID', `${path === '' ? 'workflow' : path}: ${message}`, { context: { path } });
}

/** A list that may be left out. */
export function parseList(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : refuse(path, 'must be a list');
}

/**
 * Nodes by id. What is no object or has no id is dropped; a repeated id keeps its first place and its last value,
 * which is how a `Map` (like the legacy dictionary) treats a key set twice.
 */
export function parseNodes(list: readonly unknown[], path: string): Map<NodeId, JsonObject> {
  const nodes = new Map<NodeId, JsonObject>();
  list.forEach((node, position) => {
    if (!isJsonObject(node) || node.id === undefined || node.id === null) return;
    const id = isNodeId(node.id)
      ? node.id
      : refuse(`${path}/${position}/id`, 'must be a string or a number in its plain spelling');
    nodes.set(id, node);
  });
  return nodes;
}

export function parseEdges(list: readonly unknown[], path: string): Edge[] {
  return list.map((value, position) => {
    if (!isJsonObject(value)) return refuse(`${path}/${position}`, 'must be an object');
    return { source: detectEnd(value.source), target: detectEnd(value.target), value, position };
  });
}

function isNodeId(value: unknown): value is NodeId {
  return typeof value === 'string' || typeof value === 'number';
}

/** The node an edge names; `1.0` names node 1, as it does in Python. */
function detectEnd(value: unknown): NodeId | null {
  if (isNodeId(value)) return value;
  const number = value instanceof ExactNumber ? Number(value.text) : null;
  return Number.isSafeInteger(number) ? number : null;
}
