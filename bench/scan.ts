import { fileURLToPath } from 'node:url';
import { LEAF, scanJson, type Shape } from '../src/json/index.js';
import { median } from './median.js';

/** Records what a rewrite needs: the members of the bag, and the elements of the map with their members. */
const BAG_SHAPE: Shape = { anyMember: LEAF, members: { partition_map: { items: { anyMember: LEAF } } } };

const WORDS =
  'segment kernel branch token approve budget review prompt vision table summary retry checkpoint invoice manifest 문서 검토'.split(
    ' ',
  );

export interface ScanBenchmark {
  readonly bagBytes: number;
  readonly bytesPerQuote: number;
  /** Medians, in megabytes (10^6 bytes) a second. */
  readonly scan: number;
  readonly parse: number;
}

/** A fat bag of about 373 KB: configuration 202 KB, map 50 KB in 71 elements, state 102 KB, control 20 KB. */
export function generateBag(seed = 1): Uint8Array {
  const random = randomFrom(seed);
  const node = (index: number): unknown => workflowNode(index, random);
  const bag = {
    workflowId: 'wf-bench',
    ownerId: 'owner-bench',
    segment_to_run: 3,
    total_segments: 71,
    workflow_config: { id: 'wf-bench', nodes: fill(178_000, node), edges: fill(24_000, edge) },
    partition_map: Array.from({ length: 71 }, (_, index) => mapElement(index, random)),
    current_state: { sections: fill(102_000, (index) => section(index, random)) },
    state_history: fill(20_000, (index) => historyEntry(index, random)),
    loop_counter: 2,
  };
  return new TextEncoder().encode(JSON.stringify(bag));
}

type Random = (below: number) => number;

/** A linear congruential generator: the same bag on every machine. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

function sentence(length: number, random: Random): string {
  return Array.from({ length }, () => WORDS[random(WORDS.length)]).join(' ');
}

function fill(size: number, make: (index: number) => unknown): unknown[] {
  const values: unknown[] = [];
  for (let length = 2; length < size; length += Buffer.byteLength(JSON.stringify(values.at(-1))) + 1) {
    values.push(make(values.length));
  }
  return values;
}

function workflowNode(index: number, random: Random): unknown {
  return {
    id: `node_${index}`,
    type: ['llm_chat', 'operator', 'api_call'][random(3)],
    label: sentence(3, random),
    position: { x: random(4000) / 4, y: random(900) },
    config: {
      model: `model-${random(9)}`,
      temperature: random(10) / 10,
      max_tokens: 4096,
      prompt: sentence(90 + random(90), random),
    },
    output_key: `out_${index}`,
    enabled: true,
  };
}

function edge(index: number): unknown {
  return { id: `edge_${index}`, source: `node_${index}`, target: `node_${index + 1}`, type: 'normal' };
}

function mapElement(index: number, random: Random): unknown {
  return {
    id: index,
    type: index % 9 === 8 ? 'hitp' : 'normal',
    nodes: [{ id: `node_${index}`, type: 'llm_chat', config: { prompt: sentence(65, random) } }],
    edges: [edge(index)],
    node_ids: [`node_${index}`],
    dependencies: index === 0 ? [] : [index - 1],
  };
}

function section(index: number, random: Random): unknown {
  return {
    title: sentence(3, random),
    rows: [random(100_000), random(1000) / 100, null],
    body: sentence(80 + random(40), random),
    index,
  };
}

function historyEntry(index: number, random: Random): unknown {
  return {
    entry_id: index,
    node: `node_${index}`,
    status: 'COMPLETED',
    at: 1_769_760_000 + index / 4,
    note: sentence(4, random),
  };
}

/** Scan and JSON.parse by turns on one bag; the first rounds warm up and do not count. */
export function benchScan(rounds = 200): ScanBenchmark {
  const bag = generateBag();
  const contenders = {
    scan: () => scanJson(bag, BAG_SHAPE),
    parse: (): unknown => JSON.parse(new TextDecoder().decode(bag)),
  };
  const times = { scan: [] as number[], parse: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.scan.push(millisecondsOf(contenders.scan));
    times.parse.push(millisecondsOf(contenders.parse));
  }
  const quotes = bag.reduce((count, byte) => count + (byte === 0x22 ? 1 : 0), 0);
  const rate = (all: readonly number[]): number => bag.length / 1000 / median(all.slice(Math.floor(rounds / 5)));
  return { bagBytes: bag.length, bytesPerQuote: bag.length / quotes, scan: rate(times.scan), parse: rate(times.parse) };
}

function millisecondsOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function report({ bagBytes, bytesPerQuote, scan, parse }: ScanBenchmark): string {
  return [
    `bag of ${(bagBytes / 1000).toFixed(0)} KB, a quote every ${bytesPerQuote.toFixed(1)} bytes`,
    `scanJson    ${scan.toFixed(0).padStart(5)} MB/s`,
    `JSON.parse  ${parse.toFixed(0).padStart(5)} MB/s   (takes ${(scan / parse).toFixed(1)} times as long)`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(report(benchScan()));
