import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeHistory } from '../replay/histories.js';
import type { Entry } from '../replay/histories.js';
import { statebag, useScratch } from './terminal.js';
import type { RanOptions } from './terminal.js';

/*
 * Bags of a small workflow, and what `statebag replay` says of histories with them.
 */

export const segment = (id: number) => ({ id, type: 'normal', nodes: [{ id: `n${id}`, type: 'operator' }], edges: [] });
export const MAP = [segment(0), segment(1), segment(2)];
export const CONFIG = {
  id: 'wf-1',
  nodes: [
    { id: 'a', type: 'operator' },
    { id: 'b', type: 'llm_chat' },
  ],
  edges: [{ source: 'a', target: 'b' }],
};
export const bag = (members: object = {}) => ({
  ownerId: 'owner-1',
  workflowId: 'wf-1',
  idempotency_key: 'key-1',
  segment_to_run: 0,
  total_segments: 3,
  loop_counter: 0,
  current_state: {},
  workflow_config: CONFIG,
  partition_map: MAP,
  ...members,
});

export interface Report {
  readonly answer: string;
  readonly totals: Readonly<Record<string, number>>;
  readonly inventory: Readonly<Record<string, number>>;
  readonly limited: readonly string[];
  readonly uncalled: readonly string[];
  readonly called: readonly string[];
  readonly oldRules: string;
  readonly documents: readonly Readonly<Record<string, unknown>>[];
}

/** The outcome and code of each step, by the name of its state. */
export const listSteps = ({ documents }: Report) =>
  documents
    .filter(({ state }) => state !== undefined)
    .map(({ state, outcome, code = '' }) => `${String(state)}: ${String(outcome)} ${String(code)}`.trim());

/** The outcome and code of what was not looked at. */
export const listGaps = ({ documents }: Report) =>
  documents.filter(({ state }) => state === undefined).map(({ outcome, code }) => `${String(outcome)} ${String(code)}`);

/** A directory for histories, and the command over them. */
export function useReplay() {
  const scratch = useScratch();

  function put(path: string, content: unknown): void {
    const target = join(scratch.dir, path);
    mkdirSync(dirname(target), { recursive: true });
    const bytes = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
    writeFileSync(target, bytes);
  }

  async function replay(args: readonly string[], options?: RanOptions) {
    const given = args.includes('--store') ? args : [...args, '--store', 'store'];
    const { code, out, err } = await statebag(scratch.dir, ['replay', ...given, '--json'], options);
    return { code, err, ...(JSON.parse(out || '{}') as Report) };
  }

  async function replayEntries(entries: readonly Entry[], ...args: readonly string[]) {
    put('histories/one.json', makeHistory(entries));
    return replay(['histories', ...args]);
  }

  return { scratch, put, replay, replayEntries };
}
