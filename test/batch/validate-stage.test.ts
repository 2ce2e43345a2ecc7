import { afterEach, expect, it, vi } from 'vitest';
import { memoryBlobStore } from 'statebag-shim/memory';
import type { BagEdit } from '../../src/bag/edit.js';
import { DEFAULT_LAYOUT } from '../../src/bag/keys.js';
import type { Migration } from '../../src/bag/migration.js';
import { storeSink } from '../../src/batch/dry-run-sink.js';
import { prepareDocument } from '../../src/batch/prepare.js';
import type { StageSettings } from '../../src/batch/stages.js';
import { smallBag } from '../cli/fleet-dir.js';
import { BLOBS, sha256 } from './world.js';

const fault: { omit: string | undefined } = vi.hoisted(() => ({ omit: undefined }));

/** Migrations that leave one member as it is, when a test says which. */
vi.mock(import('../../migrations/list.js'), async (importOriginal) => {
  const original = await importOriginal();
  const faulty = (migration: Migration): Migration => ({
    ...migration,
    up: (bag, context) => {
      migration.up(omitting(bag), context);
    },
  });
  return { ...original, MIGRATIONS: original.MIGRATIONS.map(faulty) };
});

function omitting(bag: BagEdit): BagEdit {
  return {
    has: (name) => bag.has(name),
    text: (name) => bag.text(name),
    replace: (name, members) => {
      if (name !== fault.omit) bag.replace(name, members);
    },
    remove: (name) => {
      if (name !== fault.omit) bag.remove(name);
    },
    insert: (member, after) => {
      bag.insert(member, after);
    },
    insertFirst: (member) => {
      if (member.name !== fault.omit) bag.insertFirst(member);
    },
  };
}

afterEach(() => {
  fault.omit = undefined;
});

function prepare() {
  const settings: StageSettings = {
    target: 'lean',
    manifestForm: 'list',
    office: { layout: DEFAULT_LAYOUT, bucket: BLOBS, prefix: '', digest: sha256 },
    blobs: storeSink(memoryBlobStore({ bucket: BLOBS })),
  };
  return prepareDocument({ id: 'a', line: undefined, bytes: Buffer.from(smallBag()) }, settings);
}

it('a document is ready to be written when its migration changed every member', async () => {
  const prepared = await prepare();
  expect(prepared?.outcome.outcome).toBe('migrated');
  expect(prepared?.validated).toBeDefined();
});

it.each(['workflow_config', 'partition_map', 'state_bag_version'])(
  'a document is quarantined and not written when its migration omits the change of %s',
  async (name) => {
    fault.omit = name;
    const prepared = await prepare();
    expect(prepared?.outcome).toMatchObject({ outcome: 'quarantined', code: 'BAG_INVALID' });
    expect(prepared?.validated).toBeUndefined();
  },
);
