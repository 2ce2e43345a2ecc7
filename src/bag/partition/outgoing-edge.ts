import { isJsonObject } from './read.js';
import type { JsonObject, OutgoingEdge } from './types.js';

/** Retell an edge that leaves its segment, in the legacy spelling and key order. What the edge does not say is null. */
export function describeOutgoing(edge: JsonObject): OutgoingEdge {
  const data = isJsonObject(edge.data) ? edge.data : {};
  return {
    source_node: edge.source ?? null,
    target_node: edge.target ?? null,
    edge_type: edge.type === undefined ? 'normal' : edge.type,
    condition: edge.condition ?? null,
    is_loop_exit: data.isLoopExit ?? false,
    is_back_edge: data.isBackEdge ?? false,
    router_func: edge.router_func ?? null,
    mapping: edge.mapping ?? null,
    metadata: {
      label: edge.label ?? null,
      style: edge.style ?? null,
      animated: edge.animated ?? null,
      edgeType: data.edgeType ?? null,
      loopType: data.loopType ?? null,
    },
  };
}
