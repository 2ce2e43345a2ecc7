import { ConfigError } from '../../src/errors/classes.js';
import type { JsonObject } from './json-value.js';
import type { FleetNode } from './node-maker.js';
import { NodeMaker } from './node-maker.js';
import type { Random } from './random.js';

export const SHAPES = ['chain', 'fanout', 'hitp', 'inline-group'] as const;
/**
 * `chain` alternates code and model calls; the others add forks that join again, pauses for people, or inline groups.
 */
export type Shape = (typeof SHAPES)[number];

/** Nodes that become one segment. */
export interface Run {
  readonly kind: 'run';
  readonly type: 'normal' | 'llm' | 'hitp';
  readonly nodes: FleetNode[];
}

/** Branches between the run before (its last node forks) and the run after (its first node joins). */
export interface Fork {
  readonly kind: 'fork';
  readonly branches: readonly (readonly Run[])[];
}

/** One node that holds its branches itself. */
export interface InlineGroup {
  readonly kind: 'inline';
  readonly node: FleetNode;
  readonly branches: readonly { readonly id: string; readonly nodes: FleetNode[]; readonly edges: JsonObject[] }[];
}

export type Block = Run | Fork | InlineGroup;

type Step = 'plain' | 'llm' | 'hitp' | 'fork' | 'inline';

/**
 * Elements of the partition map a step takes: a group is followed by its aggregator, a fork stands between two runs.
 */
const ELEMENTS: Readonly<Record<Step, number>> = { plain: 1, llm: 1, hitp: 1, fork: 4, inline: 2 };

/** Repeated until the map is long enough. Two plain runs never meet: the partitioner would make one segment of them. */
const PATTERNS: Readonly<Record<Shape, readonly Step[]>> = {
  chain: ['plain', 'llm'],
  hitp: ['plain', 'hitp', 'plain', 'llm'],
  fanout: ['plain', 'fork', 'llm', 'plain', 'llm', 'plain', 'llm'],
  'inline-group': ['plain', 'inline', 'plain', 'llm'],
};

const FEWEST_ELEMENTS: Readonly<Record<Shape, number>> = { chain: 1, hitp: 2, fanout: 5, 'inline-group': 3 };

/**
 * The segments of a workflow before they are one: exactly `segments` elements at the top level, and about `nodes` nodes
 * (never fewer than the segments need). Throws `ConfigError` `SEGMENTS_TOO_FEW` when the shape does not fit.
 */
export function planBlocks(random: Random, shape: Shape, segments: number, nodes: number): Block[] {
  if (segments < FEWEST_ELEMENTS[shape]) {
    throw new ConfigError(
      'SEGMENTS_TOO_FEW',
      `A ${shape} workflow needs at least ${FEWEST_ELEMENTS[shape]} segments, not ${segments}.`,
    );
  }
  const maker = new NodeMaker(random);
  const blocks = planSteps(shape, segments).flatMap((step) => makeStep(step, maker));
  growPlainRuns(blocks, maker, nodes - maker.made);
  return blocks;
}

function planSteps(shape: Shape, segments: number): Step[] {
  const pattern = PATTERNS[shape];
  const steps: Step[] = [];
  for (let left = segments; left > 0; left -= ELEMENTS[steps.at(-1)!]) {
    const next = pattern[steps.length % pattern.length]!;
    steps.push(ELEMENTS[next] <= left ? next : 'llm');
  }
  return steps;
}

function makeStep(step: Step, maker: NodeMaker): Block[] {
  switch (step) {
    case 'plain':
      return [run('normal', maker.plain())];
    case 'llm':
      return [run('llm', maker.llm())];
    case 'hitp':
      return [run('hitp', maker.human())];
    case 'fork':
      return makeFork(maker);
    case 'inline':
      return [makeInlineGroup(maker)];
  }
}

/** The first fork of a workflow has a branch of two segments, so that links inside a branch occur too. */
function makeFork(maker: NodeMaker): Block[] {
  const isFirst = maker.made < 3;
  const before = run('normal', maker.plain());
  const left = [run('normal', maker.plain()), ...(isFirst ? [run('llm', maker.llm())] : [])];
  const right = [run('normal', maker.plain())];
  return [before, { kind: 'fork', branches: [left, right] }, run('normal', maker.plain())];
}

function makeInlineGroup(maker: NodeMaker): InlineGroup {
  const first = [maker.plain(), maker.llm()];
  const edges = [{ source: first[0]!.id, target: first[1]!.id }];
  const branches = [
    { id: 'branch_text', nodes: first, edges },
    { id: 'branch_numbers', nodes: [maker.plain()], edges: [] },
  ];
  return { kind: 'inline', node: maker.group(branches.map((branch) => ({ ...branch }))), branches };
}

/** Extra nodes go to the ends of plain runs in turn; a run that a fork follows must stay one node long. */
function growPlainRuns(blocks: readonly Block[], maker: NodeMaker, extra: number): void {
  const runs = blocks.filter((block, at): block is Run => isPlainRun(block) && blocks[at + 1]?.kind !== 'fork');
  if (runs.length === 0) return;
  for (let added = 0; added < extra; added++) runs[added % runs.length]!.nodes.push(maker.plain());
}

function isPlainRun(block: Block): boolean {
  return block.kind === 'run' && block.type === 'normal';
}

function run(type: Run['type'], node: FleetNode): Run {
  return { kind: 'run', type, nodes: [node] };
}
