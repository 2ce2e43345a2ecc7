import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const DIGEST = '0'.repeat(64);
const OURS = {
  __s3_pointer__: true,
  bucket: 'local',
  key: `state-members/owner-1/wf-1/${DIGEST}/current_state.json`,
  size_bytes: 9,
  checksum: '',
  field_name: 'current_state',
  created_at: 1,
};

/** Bags in which data was merged into a pointer, or a pointer into data. */
const MIXED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'the state': { current_state: { ...OURS, answer: 42 } },
  'a value inside the state': { current_state: { merged: [{ ...OURS, answer: 42 }] } },
  workflow_config: { workflow_config: { ...OURS, key: 'legacy/config.json', nodes: [] } },
  partition_map: { partition_map: { ...OURS, key: 'legacy/map.json', '0': {} } },
};

const run = (...args: readonly string[]) => statebag(scratch.dir, [...args, '--store', 'store']);

/** The same fault, hidden: by escapes, by text in text, or by a merge that took the pointer's own members, too. */
const marked = { ...OURS, answer: 42 };
const foreign = { ...marked, key: 'legacy/map.json' };
const escaped = (text: string) => text.replaceAll('__s3_pointer__', '\\u005f_s3_p\\u006finter__');
const HIDDEN: readonly (readonly [string, string])[] = [
  ['with an escaped marker', escaped(smallBag({ current_state: marked }))],
  ['with an escaped marker in JSON text', smallBag({ current_state: escaped(JSON.stringify([marked])) })],
  ['in JSON text in JSON text', smallBag({ current_state: JSON.stringify(JSON.stringify({ a: marked })) })],
  [
    'with an escaped marker in JSON text in JSON text',
    smallBag({ current_state: JSON.stringify(JSON.stringify(escaped(JSON.stringify(marked)))) }),
  ],
  ['in JSON text with NaN', smallBag({ current_state: JSON.stringify({ ...marked, q: 'Z' }).replace('"Z"', 'NaN') })],
  [
    'with an escaped marker next to NaN',
    escaped(smallBag({ current_state: { ...marked, q: 'Z' } })).replace('"Z"', 'NaN'),
  ],
  ['without its bucket', smallBag({ current_state: { ...marked, bucket: undefined } })],
  ['with another bucket member', smallBag({ current_state: { ...marked, bucket: { mine: 1 } } })],
  ['without bucket and key under workflow_config', smallBag({ workflow_config: { ...marked, bucket: null, key: 3 } })],
  ['as an element of a nested partition_map', smallBag({ current_state: { partition_map: [foreign] } })],
  ['as an entry of a partition_map with positions', smallBag({ current_state: { partition_map: { '0': foreign } } })],
];

describe('validate, migrate and seal refuse a mixed pointer', () => {
  it.each(HIDDEN)('%s', async (_name, text) => {
    writeFileSync(join(scratch.dir, 'bag.json'), text);
    const judged = await statebag(scratch.dir, ['validate', 'bag.json', '--schema', 'auto', '--json']);
    expect([judged.code, judged.out]).toEqual([1, expect.stringContaining('POINTER_MIXED')]);
    expect((await run('migrate', 'bag.json', '--json')).out).toContain('POINTER_MIXED');
    expect((await run('seal', 'bag.json')).err).toContain('POINTER_MIXED');
  });

  it('and leave one of another writer inside a configuration', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag({ current_state: { workflow_config: { x: foreign } } }));
    expect((await statebag(scratch.dir, ['validate', 'bag.json', '--schema', 'auto'])).code).toBe(0);
  });
});

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
