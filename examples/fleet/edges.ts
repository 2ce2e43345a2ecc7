import type { Block, Run } from './blocks.js';
import type { JsonObject } from './json-value.js';
import { CONDITIONS } from './node-texts.js';

/** An edge as the editor saves it. */
export interface FleetEdge extends JsonObject {
  id: string;
  source: string;
  target: string;
  type: string;
}

/** The edges that make a graph of the blocks, in the order a person would have drawn them. */
export function makeEdges(blocks: readonly Block[]): FleetEdge[] {
  const edges: FleetEdge[] = [];
  let tails: readonly string[] = [];
  for (const block of blocks) tails = connect(edges, tails, block);
  return edges;
}

/** Draws the edges into and inside a block; resolves to the nodes whose edges lead on. */
function connect(edges: FleetEdge[], tails: readonly string[], block: Block): readonly string[] {
  if (block.kind === 'run') return connectRun(edges, tails, block);
  if (block.kind === 'inline') {
    for (const tail of tails) draw(edges, tail, block.node.id);
    return [block.node.id];
  }
  return block.branches.flatMap((runs, at) => {
    const before = edges.length;
    let ends = tails;
    for (const run of runs) ends = connectRun(edges, ends, run);
    if (at > 0) Object.assign(edges[before]!, { condition: CONDITIONS[at % CONDITIONS.length], label: 'otherwise' });
    return ends;
  });
}

function connectRun(edges: FleetEdge[], tails: readonly string[], run: Run): readonly string[] {
  const ids = run.nodes.map((node) => node.id);
  for (const tail of tails) draw(edges, tail, ids[0]!, run.type === 'hitp' ? 'hitp' : 'normal');
  for (let at = 1; at < ids.length; at++) draw(edges, ids[at - 1]!, ids[at]!);
  return ids.slice(-1);
}

function draw(edges: FleetEdge[], source: string, target: string, type = 'normal'): void {
  edges.push({
    id: `e${edges.length}`,
    source,
    target,
    type,
    data: { edgeType: type === 'hitp' ? 'hitp' : 'sequential' },
  });
}
