import { afterEach, expect, it, vi } from 'vitest';
import { memoryBlobStore } from 'statebag-shim/memory';
import { leanV2 } from '../../migrations/lean-v2.js';
import type { BagEdit } from '../../src/bag/edit.js';
import { DEFAULT_LAYOUT } from '../../src/bag/keys.js';
import { storeSink } from '../../src/run/transform.js';
import { prepareDocument } from '../../src/run/document.js';
import type { TransformSettings } from '../../src/run/transform.js';
import { smallBag } from '../cli/fleet-dir.js';
import { BLOBS, sha256 } from './world.js';

/** The same bag, but one member of it stays as it is. */
function omitting(bag: BagEdit, omitted: string): BagEdit {
  return {
    has: (name) => bag.has(name),
    text: (name) => bag.text(name),
    replace: (name, members) => {
      if (name !== omitted) bag.replace(name, members);
    },
    remove: (name) => {
      if (name !== omitted) bag.remove(name);
    },
    insert: (member, after) => {
      bag.insert(member, after);
    },
    insertFirst: (member) => {
      if (member.name !== omitted) bag.insertFirst(member);
    },
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

function prepare() {
  const settings: TransformSettings = {
    target: 'lean',
    manifestForm: 'list',
    addressing: { layout: DEFAULT_LAYOUT, bucket: BLOBS, prefix: '', digest: sha256 },
    blobs: storeSink(memoryBlobStore({ bucket: BLOBS })),
  };
  return prepareDocument({ id: 'a', line: undefined, bytes: Buffer.from(smallBag()) }, settings);
}

it('a document is ready to be written when its migration changed every member', async () => {
  const prepared = await prepare();
  expect(prepared?.outcome.outcome).toBe('migrated');
  expect(prepared?.transformation).toBeDefined();
});

it.each(['workflow_config', 'partition_map', 'state_bag_version'])(
  'a document is quarantined and not written when its migration omits the change of %s',
  async (name) => {
    const up = leanV2.up.bind(leanV2);
    vi.spyOn(leanV2, 'up').mockImplementation((bag, context) => {
      up(omitting(bag, name), context);
    });
    const prepared = await prepare();
    expect(prepared?.outcome).toMatchObject({ outcome: 'quarantined', code: 'BAG_INVALID' });
    expect(prepared?.transformation).toBeUndefined();
  },
);
