import { createStateBagShim } from 'statebag-shim';
import { describe, expect, test } from 'vitest';
import { isOutdated } from '../../migrations/index.js';
import { Bag, BagDocument } from '../../src/bag/bag.js';
import { PROGRAM_MEMBERS } from '../../src/bag/members.js';
import { needsMigration } from '../../src/bag/plan.js';
import { ObjectValue } from '../../src/bag/value.js';
import { WireShim } from '../../src/shim/wire-shim.js';
import { fatBag, without } from './bags.js';
import type { Json } from './bags.js';
import { testStore } from './shims.js';

/*
 * The form over objects passes a plainly lean answer without reading its bag. Each member that a reader of the bag
 * looks at may make a plainly lean answer one that is to be changed. The names come from the reader itself.
 */

const MUTABLE = 's3://bags/workflow-manifests/acme/invoices/segment_manifest.json';
const DIGEST = 'ab'.repeat(32);

/** Notes the members that its reader asks for. */
class ReadValue extends ObjectValue {
  readonly asked = new Set<string>();

  override member(name: string): this | undefined {
    this.asked.add(name);
    return super.member(name);
  }
}

async function makeLean(): Promise<{ readonly lean: Json; readonly objects: ReturnType<typeof testStore>['objects'] }> {
  const { store, objects } = testStore();
  return { lean: (await createStateBagShim({ store, mode: 'rewrite' }).write(fatBag())) as Json, objects };
}

const { lean, objects } = await makeLean();

/** Names that are read of a bag, of an event, and to decide whether a bag is rewritten. */
function listReadNames(): readonly string[] {
  const value = new ReadValue(lean);
  const bag = new Bag(value);
  const document = new BagDocument(value);
  expect([needsMigration(bag, 'lean'), isOutdated(bag), document.generation]).toEqual([false, false, 'lean']);
  document.assertOneOwner();
  document.answerBags();
  return [...new Set([...value.asked, ...PROGRAM_MEMBERS])].sort();
}

const NAMES = listReadNames();

const PROGRAM = { id: 0, type: 'operator', nodes: [{ id: 'other' }], edges: [] };

const VALUES: readonly unknown[] = [
  null,
  '',
  'text',
  MUTABLE,
  `s3://bags/elsewhere/${DIGEST}/segment_manifest.json`,
  `s3://bags/workflow-manifests/acme/invoices/${DIGEST}/segment_manifest.json`,
  0,
  1,
  3,
  true,
  {},
  [],
  PROGRAM,
  [PROGRAM],
  [{ segment_id: 0, manifest_s3_path: MUTABLE }],
  [{ segment_id: 0, segment_config: PROGRAM }],
  [{ segment_id: 0, manifest_s3_path: lean.segment_manifest_s3_path }],
  lean,
];

/** Where the member is in the answer. */
const ARRANGEMENTS: Readonly<Record<string, (change: Json) => Json>> = {
  'in the bag': (change) => ({ ...lean, ...change }),
  'in a wrapped bag': (change) => ({ state_data: { ...lean, ...change } }),
  'next to the bag': (change) => ({ bag: lean, ...change }),
  'in a bag without ids, in an object with the counters': (change) => ({
    segment_to_run: 1,
    loop_counter: 1,
    total_segments: 5,
    _is_init: true,
    bag: { ...without(lean, 'ownerId', 'workflowId'), ...change },
  }),
  'in a bag around it': (change) => ({
    idempotency_key: 'acme#auto#invoices#0123456789abcdef',
    segment_to_run: 1,
    loop_counter: 1,
    total_segments: 5,
    _is_init: true,
    state_data: lean,
    ...change,
  }),
};

const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

async function settle(answer: () => Promise<unknown>): Promise<unknown> {
  try {
    return await answer();
  } catch (error) {
    return (error as { readonly code: unknown }).code;
  }
}

describe.each(Object.entries(ARRANGEMENTS))('a plainly lean answer with one more member %s', (_where, arrange) => {
  test.each(NAMES)('becomes the same over objects and over bytes for the member %s', async (name) => {
    for (const value of VALUES) {
      const { store } = testStore(objects);
      const [shim, wire] = [createStateBagShim({ store, mode: 'rewrite' }), new WireShim({ store, mode: 'rewrite' })];
      const answer = arrange({ [name]: value });
      const overObjects = await settle(async () => sent(await shim.write(sent(answer))));
      const overBytes = await settle(
        async () => JSON.parse(Buffer.from(await wire.seal(Buffer.from(JSON.stringify(answer)))).toString()) as unknown,
      );
      expect(overObjects, JSON.stringify(value)).toEqual(overBytes);
    }
  });
});

describe('no path of a plainly lean answer leads to a key that another run overwrites', () => {
  test('when manifest_s3_path leads there', async () => {
    const { store } = testStore(objects);
    const answer = { ...lean, manifest_s3_path: MUTABLE };
    expect(await createStateBagShim({ store, mode: 'rewrite' }).write(answer)).toEqual({
      ...lean,
      manifest_s3_path: lean.segment_manifest_s3_path,
    });
  });

  test('when an entry of segment_manifest leads there', async () => {
    const { store } = testStore(objects);
    const entry = { segment_id: 0, manifest_s3_path: MUTABLE };
    const { segment_manifest } = (await createStateBagShim({ store, mode: 'rewrite' }).write({
      ...lean,
      segment_manifest: [entry],
    })) as Json;
    expect(JSON.stringify(segment_manifest)).not.toContain(MUTABLE);
    expect(JSON.stringify(segment_manifest)).toContain(lean.segment_manifest_s3_path);
  });
});
