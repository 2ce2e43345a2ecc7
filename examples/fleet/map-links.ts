import type { FleetEdge } from './edges.js';
import type { JsonObject, JsonValue } from './json-value.js';
import type { Cut, EntryCutter } from './map-entries.js';

/** Says of every element which one comes next, in the members the legacy partitioner used for it. */
export function linkCuts(
  cuts: readonly Cut[],
  cutter: EntryCutter,
  edges: readonly FleetEdge[],
  parent?: number,
): void {
  for (const cut of cuts) {
    if (cut.kind === 'run') linkRun(cut.entry, edgesFrom(edges, cut.nodeIds), cutter, parent);
    else if (cut.kind === 'aggregator') linkAggregator(cut, cutter, edges);
    else {
      for (const branch of cut.branches) linkCuts(branch, cutter, edges, cut.aggregator);
      setDefault(cut.entry, cut.aggregator);
    }
  }
}

function linkRun(
  entry: JsonObject,
  edges: readonly FleetEdge[],
  cutter: EntryCutter,
  parent: number | undefined,
): void {
  const leaving = edges.filter((edge) => cutter.segmentOf.get(edge.target) !== entry.id);
  if (leaving.length > 1) linkConditional(entry, leaving, cutter);
  else if (leaving.length === 1) setDefault(entry, cutter.segmentOf.get(leaving[0]!.target)!);
  else if (parent === undefined) Object.assign(entry, { next_mode: 'end', default_next: null });
  else Object.assign(entry, { next_mode: 'implicit_aggregator', default_next: null, parent_aggregator: parent });
}

function linkConditional(entry: JsonObject, edges: readonly FleetEdge[], cutter: EntryCutter): void {
  entry.next_mode = 'conditional';
  entry.branches = edges.map((edge): JsonObject => {
    const condition: JsonValue = edge.condition ?? 'default';
    return { condition, next: cutter.segmentOf.get(edge.target)! };
  });
}

function linkAggregator(cut: Cut & { kind: 'aggregator' }, cutter: EntryCutter, edges: readonly FleetEdge[]): void {
  const target = cut.convergence ?? edgesFrom(edges, cut.groupNode === undefined ? [] : [cut.groupNode])[0]?.target;
  if (target === undefined) Object.assign(cut.entry, { next_mode: 'end', default_next: null });
  else setDefault(cut.entry, cutter.segmentOf.get(target)!);
}

function setDefault(entry: JsonObject, next: number): void {
  Object.assign(entry, { next_mode: 'default', default_next: next });
}

function edgesFrom(edges: readonly FleetEdge[], nodeIds: readonly string[]): FleetEdge[] {
  return nodeIds.flatMap((id) => edges.filter((edge) => edge.source === id));
}
