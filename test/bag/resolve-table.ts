import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { ask } from './ask.js';

const segment = (id: string) => ({ id, nodes: [{ id: `n-${id}` }], type: 'normal' });

export const [a, b, c, x, y] = [segment('a'), segment('b'), segment('c'), segment('x'), segment('y')];
export const MAP = [a, b, c];
export const BAG = { ownerId: 'olive', workflowId: 'press', loop_counter: 0, total_segments: 3 };
export const BAG_WITH_MAP = { ...BAG, partition_map: MAP };
/** Cut by the partitioner: ids are numbers from 0. */
export const CONFIG = { nodes: [{ id: 'p' }, { id: 'q', type: 'llm_chat' }], edges: [{ source: 'p', target: 'q' }] };
export const LIST = MAP.map((program, index) => entry(program, index));

/** An entry of a manifest. */
export function entry(program: unknown, index: number): object {
  return { segment_id: index, segment_config: program, execution_order: index, dependencies: [], type: 'normal' };
}

export function md5(value: unknown): string {
  return createHash('md5').update(JSON.stringify(value)).digest('hex');
}

/** An event, `source index program` or the code of the error, and the objects in the store. */
export type Row = readonly [title: string, event: unknown, said: string, objects?: Readonly<Record<string, unknown>>];

/** One test a row. */
export function rows(list: readonly Row[]): void {
  it.each(list.map(([title, ...row]) => [title, row] as const))('%s', async (_, [event, said, objects = {}]) => {
    expect(await ask(event, objects)).toMatchObject({ library: said, command: said });
  });
}
