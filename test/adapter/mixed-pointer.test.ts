import { describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, adaptedBy, finishedBy, keysOf, useAdapters } from './adapters.js';
import type { Adapter } from './adapters.js';
import { fatBag, makeConfig, without } from './bags.js';
import type { Json } from './bags.js';
import { putObject, testShim } from './shims.js';

const LIMIT_BYTES = 20_000;

const adapterOf = useAdapters();

/** A bag whose state left it, as the shim returned it. */
async function bagWithOffloadedState(adapter: Adapter): Promise<Json> {
  return (await finishedBy(adapter, fatBag({ current_state: { doc: 'x'.repeat(30_000) } }))) as Json;
}

const BRIDGE = {
  __s3_pointer__: true,
  bucket: 'bags',
  key: 'legacy/config.json',
  size_bytes: 2,
  checksum: '',
  field_name: 'workflow_config',
  created_at: 1,
};

/** A value inside that many lists. */
function nested(value: unknown, levels: number): unknown {
  return levels === 0 ? value : [nested(value, levels - 1)];
}

describe.each(ADAPTER_NAMES)('with the adapter of %s', (name) => {
  describe.each(['lean', 'fat'] as const)('for a handler that speaks %s', (speaks) => {
    const open = (apart?: string) => adapterOf(name, { speaks, limitBytes: LIMIT_BYTES }, apart);

    /** Where data and a pointer may meet, from the pure pointer in `bag.current_state`. */
    const PLACES: Readonly<Record<string, (bag: Json, mixed: Json) => unknown>> = {
      'the state of a bag': (bag, mixed) => ({ ...bag, current_state: mixed }),
      'the state of a wrapped bag': (bag, mixed) => ({ state_data: { ...bag, current_state: mixed } }),
      'a value inside the state': (bag, mixed) => ({ ...bag, current_state: { merged: [mixed] } }),
      'a bag in a list': (bag, mixed) => ({ results: [{ bag: { ...bag, current_state: mixed } }] }),
      'a JSON string': (bag, mixed) => ({ ...bag, note: JSON.stringify({ bag: { ...bag, current_state: mixed } }) }),
      'a list 120 levels deep': (bag, mixed) => ({ ...bag, current_state: nested(mixed, 120) }),
      'the whole value': (_bag, mixed) => mixed,
      'a list of values': (_bag, mixed) => ({ values: [mixed] }),
    };

    test.each(Object.entries(PLACES))(
      'a pointer of the shim with merged data in %s is refused on both ways',
      async (_place, arrange) => {
        const adapter = await open();
        const bag = await bagWithOffloadedState(adapter);
        const mixed = arrange(bag, { ...(bag.current_state as Json), answer: 42 });
        await expect(adaptedBy(adapter, mixed)).rejects.toMatchObject({
          code: 'POINTER_MIXED',
          name: 'PointerError',
        });
        await expect(finishedBy(adapter, mixed)).rejects.toMatchObject({ code: 'POINTER_MIXED' });
      },
    );

    test.each(['workflow_config', 'partition_map'])(
      'a legacy pointer with merged data under %s is refused on both ways',
      async (member) => {
        const adapter = await open();
        await putObject(adapter, BRIDGE.key, makeConfig());
        const mixed = fatBag({ [member]: { ...BRIDGE, nodes: [] } });
        await expect(adaptedBy(adapter, mixed)).rejects.toMatchObject({ code: 'POINTER_MIXED' });
        await expect(finishedBy(adapter, { bag: mixed })).rejects.toMatchObject({ code: 'POINTER_MIXED' });
        await expect(finishedBy(adapter, { results: [mixed] })).rejects.toMatchObject({ code: 'POINTER_MIXED' });
      },
    );

    test.each([
      ['__s3_offloaded', { __s3_offloaded: true, __s3_path: 's3://bags/legacy/config.json', nodes: [] }],
      ['s3_reference', { type: 's3_reference', s3_path: 's3://bags/legacy/config.json', nodes: [] }],
    ])(
      'a pointer of the dialect %s with merged data under workflow_config is refused on both ways',
      async (_dialect, pointer) => {
        const adapter = await open();
        await expect(adaptedBy(adapter, fatBag({ workflow_config: pointer }))).rejects.toMatchObject({
          code: 'POINTER_MIXED',
        });
        await expect(finishedBy(adapter, fatBag({ workflow_config: pointer }))).rejects.toMatchObject({
          code: 'POINTER_MIXED',
        });
      },
    );

    test('a refused result leaves no blob behind', async () => {
      const adapter = await open('refused');
      await expect(finishedBy(adapter, fatBag({ partition_map: { ...BRIDGE, answer: 1 } }))).rejects.toMatchObject({
        code: 'POINTER_MIXED',
      });
      expect(await keysOf(adapter)).toEqual([]);
    });

    test('a pointer without further members is followed, and pointers in user data pass', async () => {
      const adapter = await open();
      const bag = await bagWithOffloadedState(adapter);
      expect(await adaptedBy(adapter, bag)).toMatchObject({ current_state: { doc: 'x'.repeat(30_000) } });
      const user = {
        upload: { ...BRIDGE, key: `uploads/${'0'.repeat(64)}/doc.json`, title: 'mine' },
        legacy: { ...BRIDGE, note: 'mine' },
        off: { __s3_offloaded: true, __s3_path: 's3://b/k', note: 'mine' },
        false: { __s3_pointer__: false, answer: 1 },
      };
      const event = without(fatBag({ current_state: user }), 'segment_manifest_s3_path');
      expect(await adaptedBy(adapter, event)).toMatchObject({ current_state: user });
      expect(await finishedBy(adapter, event)).toMatchObject({ current_state: user });
    });
  });
});

describe('an answer that a handler made without JSON.parse', () => {
  const KEY = `state-members/acme/invoices/${'0'.repeat(64)}/current_state.json`;
  const mixed = { ...BRIDGE, key: KEY, field_name: 'current_state', answer: 42 };

  test.each([1, 120])('is refused when a list with a hole, %i levels deep, follows a mixed pointer', async (levels) => {
    const list: unknown[] = [];
    list[1] = 'behind a hole';
    const answer = fatBag({ first: mixed, list: nested(list, levels) });
    await expect(testShim({ budget: false }).shim.write(answer)).rejects.toMatchObject({ code: 'POINTER_MIXED' });
  });

  test('is not refused for a mixed pointer that one of its objects inherits', async () => {
    const heir = Object.create({ inherited: [mixed] }) as object;
    const written = await testShim({ budget: false }).shim.write(fatBag({ rows: [heir] }));
    expect(written).toMatchObject({ rows: [{}] });
  });
});
