import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makePlace } from '../bag/place.js';
import { statebag } from './terminal.js';

const MAP = JSON.stringify([{ id: 0, type: 'normal', nodes: [{ id: 'x' }], node_ids: ['x'], edges: [] }]);
const SHA256 = createHash('sha256').update(MAP).digest('hex');
const CONTROL = { segment_to_run: 0, total_segments: 1, loop_counter: 0, current_state: {}, state_history: [] };
const CONFIG = { nodes: [{ id: 'x', type: 'operator' }], edges: [] };
const EXECUTION = 'olive#auto#press#1';

let dir: string;

beforeEach(() => {
  dir = makePlace().dir;
});

function put(key: string): string {
  const path = join(dir, 's/local', key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, MAP);
  return `s3://local/${key}`;
}

const mapOf = (owner: string) => put(`workflow-partitions/${owner}/press/${SHA256}/partition_map.json`);

async function run(command: readonly string[], bag: unknown): Promise<string> {
  const text = JSON.stringify(bag);
  writeFileSync(join(dir, 'bag.json'), text);
  const { code, out, err } = await statebag(dir, [...command, '--store', 's'], { stdin: text });
  return `${code} ${out}${err}`;
}

/** Around a bag that a merge nested without ids. The first is a bag of its own, the second has little of one. */
const OUTER = [
  { ownerId: 'olive', workflowId: 'press', idempotency_key: EXECUTION, ...CONTROL, workflow_config: CONFIG },
  { owner_id: 'olive', workflow_id: 'press', idempotency_key: EXECUTION, state_bag_version: 2 },
];

const READERS = [
  ['segment', ['segment', 'bag.json']],
  ['hydrate', ['hydrate', 'bag.json']],
  ['validate', ['validate', 'bag.json', '--schema', 'auto']],
  ['adapt', ['adapt', '--dry-run']],
] as const;

describe.each(OUTER)('a state_data without ids in a complete bag', (outer) => {
  it.each(READERS)('has its pointers followed by %s as those of the outer bag', async (_, command) => {
    for (const path of [
      mapOf('olive'),
      put(`workflows/press/executions/${EXECUTION}/partition_map_1700000000000.json`),
    ])
      expect(await run(command, { ...outer, state_data: { ...CONTROL, partition_map_s3_path: path } })).not.toContain(
        'POINTER_',
      );
  });

  it.each(READERS.slice(1, 3))('is not ownerless for %s', async (_, command) => {
    for (const path of [mapOf('_'), mapOf('victor')])
      expect(await run(command, { ...outer, state_data: { ...CONTROL, partition_map_s3_path: path } })).toMatch(
        /^1 [^]*POINTER_FOREIGN_OWNER/,
      );
  });

  const inner = { ...CONTROL, workflow_config: CONFIG, partition_map: JSON.parse(MAP) as unknown };

  it.each(['adapt', 'seal'])('has its blobs stored under the outer bag by %s', async (command) => {
    expect(await run([command], { ...outer, state_data: inner })).toMatch(/^0 /);
    const folders = readdirSync(join(dir, 's/local'));
    expect(folders).toContain('workflow-manifests');
    for (const folder of folders) {
      expect(readdirSync(join(dir, 's/local', folder))).toEqual(['olive']);
      expect(readdirSync(join(dir, 's/local', folder, 'olive'))).toEqual(['press']);
    }
  });

  it('is quarantined by migrate before anything is stored, as the lean schema wants ids in each bag', async () => {
    const command = ['migrate', 'bag.json', '--apply', '--journal', 'j'];
    expect(await run(command, { ...outer, state_data: inner })).toMatch(/^1 [^]*BAG_INVALID/);
    expect(existsSync(join(dir, 's/local'))).toBe(false);
  });
});

describe('an id that is the number 0', () => {
  const bag = (ids: object, path: string) => ({ ...ids, ...CONTROL, partition_map_s3_path: path });

  it.each(READERS)('names an owner for %s', async (_, command) => {
    const ids = { ownerId: 0, workflowId: 'press' };
    expect(await run(command, bag(ids, mapOf('0')))).not.toContain('POINTER_');
    for (const owner of ['_', 'olive', '00', '-0'])
      expect(await run(command, bag(ids, mapOf(owner)))).toMatch(/^1 [^]*POINTER_FOREIGN_OWNER/);
  });

  it.each(READERS)('names a workflow for %s', async (_, command) => {
    const ids = { ownerId: 'olive', workflowId: 0 };
    expect(await run(command, bag(ids, put('workflow-partitions/olive/0/partition_map.json')))).not.toContain(
      'POINTER_',
    );
    for (const workflow of ['_', 'press', '00'])
      expect(await run(command, bag(ids, put(`workflow-partitions/olive/${workflow}/partition_map.json`)))).toMatch(
        /^1 [^]*POINTER_NOT_ALLOWED/,
      );
  });
});

describe('a bag whose key names an execution, with another execution in its state_data', () => {
  const ALL = [...READERS, ['migrate', ['migrate', 'bag.json', '--to', 'bridge']]] as const;
  const path = () => put(`workflows/press/executions/${EXECUTION}/partition_map_1700000000000.json`);
  const outer = { ownerId: 'olive', workflowId: 'press', idempotency_key: EXECUTION, ...CONTROL };
  const another = 'olive#auto#press#2';

  it.each(ALL)('has its pointer followed by %s, because that names its own execution', async (_, command) => {
    const inner = { ...CONTROL, idempotency_key: another };
    const said = await run(command, { ...outer, partition_map_s3_path: path(), state_data: inner });
    expect(said).not.toContain('POINTER_');
  });

  it.each(ALL)('has a pointer to the inner execution refused by %s', async (_, command) => {
    const ids = { ...outer, idempotency_key: another };
    const inner = { ...CONTROL, idempotency_key: EXECUTION };
    const said = await run(command, { ...ids, partition_map_s3_path: path(), state_data: inner });
    expect(said).toContain('POINTER_NOT_ALLOWED');
  });

  it.each(ALL)('has its pointer followed by %s next to an inner execution of ""', async (_, command) => {
    const inner = { ...CONTROL, idempotency_key: '', partition_map_s3_path: path() };
    expect(await run(command, { ...outer, workflow_config: CONFIG, state_data: inner })).not.toContain('POINTER_');
  });
});
