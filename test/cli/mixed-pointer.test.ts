import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const DIGEST = '0'.repeat(64);
const OURS = { __s3_pointer__: true, bucket: 'local', key: `state-members/owner-1/wf-1/${DIGEST}/current_state.json`, size_bytes: 9, checksum: '', field_name: 'current_state', created_at: 1 };

/** Bags in which data was merged into a pointer, or a pointer into data. */
const MIXED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'the state': { current_state: { ...OURS, answer: 42 } },
  'a value inside the state': { current_state: { merged: [{ ...OURS, answer: 42 }] } },
  'workflow_config': { workflow_config: { ...OURS, key: 'legacy/config.json', nodes: [] } },
  'partition_map': { partition_map: { ...OURS, key: 'legacy/map.json', '0': {} } },
};

const run = (...args: readonly string[]) => statebag(scratch.dir, [...args, '--store', 'store']);

describe.each(Object.entries(MIXED))('a bag with a mixed pointer in %s', (_name, members) => {
  it('is quarantined by migrate, and nothing is written', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag(members));
    const { code, out } = await run('migrate', 'bag.json', '--apply', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ documents: [{ outcome: 'quarantined', code: 'POINTER_MIXED' }] });
    expect(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')).toBe(smallBag(members));
    expect([...Object.keys(snapshot(scratch.dir))].filter((file) => file.startsWith('store'))).toEqual([]);
  });

  it.each([
    ['lean', 'at the root', (bag: string) => bag],
    ['auto', 'at the root', (bag: string) => bag],
    ['fat', 'wrapped', (bag: string) => `{"state_data": ${bag}}`],
    ['auto', 'inside a JSON string', (bag: string) => JSON.stringify({ Payload: bag })],
  ])('is invalid by --schema %s when it is %s', async (schema, _place, wrap) => {
    writeFileSync(join(scratch.dir, 'bag.json'), wrap(smallBag(members)));
    const { code, out } = await statebag(scratch.dir, ['validate', 'bag.json', '--schema', schema, '--json']);
    expect(code).toBe(1);
    expect(out).toContain('POINTER_MIXED');
  });

  it.each(['hydrate', 'adapt', 'seal'])('is refused by %s', async (command) => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag(members));
    const { code, out, err } = await run(command, 'bag.json');
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('POINTER_MIXED');
  });
});
