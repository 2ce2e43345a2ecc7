import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { ObjectDraft } from '../../src/bag/object-draft.js';
import type { Claim, Migration, MigrationContext, OffloadedContent } from '../../src/bag/migration.js';

type Bag = Record<string, unknown>;

function claim(kind: Claim['kind']): Claim {
  return {
    kind,
    uri: `s3://b/${kind}`,
    bucket: 'b',
    key: kind,
    size: 2,
    sha256: 'f'.repeat(64),
    md5Prefix: () => '99914b93',
  };
}

const CLAIMS = { config: claim('config'), map: claim('map'), manifest: claim('manifest') };
const CONTENT: OffloadedContent = { config: Buffer.from('{"nodes":[]}'), map: Buffer.from('[{"id":0}]') };
const steps = new Map([...MIGRATIONS.lean, ...MIGRATIONS.bridge].map((step) => [step.id.slice(0, 4), step]));

function up(id: string, bag: Bag, context: Partial<MigrationContext> = {}): Bag {
  return upAll([id], bag, context);
}

/** Several steps over one draft, as they run in earnest. */
function upAll(ids: readonly string[], bag: Bag, context: Partial<MigrationContext> = {}): Bag {
  return run(bag, (draft) => {
    for (const id of ids) stepOf(id).up(draft, { claims: CLAIMS, createdAt: 5, ...context });
  });
}

function down(id: string, bag: Bag, content: OffloadedContent = CONTENT): Bag {
  return run(bag, (draft) => {
    stepOf(id).down(draft, content);
  });
}

function run(bag: Bag, change: (draft: ObjectDraft) => void): Bag {
  const draft = new ObjectDraft(bag);
  change(draft);
  return draft.result();
}

function stepOf(id: string): Migration {
  return steps.get(id)!;
}

/** Members in their order. */
function entries(bag: Bag): readonly (readonly [string, unknown])[] {
  return Object.entries(bag);
}

describe('0001 drops what the initialiser left behind', () => {
  it('and nothing else, whatever it holds', () => {
    expect(entries(up('0001', { a: 1, _is_init: false, _status: null, b: 2 }))).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(up('0001', { a: 1 })).toEqual({ a: 1 });
  });

  it('and does not bring it back', () => {
    expect(down('0001', { a: 1 })).toEqual({ a: 1 });
  });
});

describe.each([
  ['0002', 'workflow_config', 'workflow_config_s3_path', 's3://b/config', { nodes: [] }],
  ['0003', 'partition_map', 'partition_map_s3_path', 's3://b/map', [{ id: 0 }]],
])('%s points %s', (id, member, path, uri, value) => {
  it('by a path in its place', () => {
    expect(entries(up(id, { a: 1, [member]: value, b: 2 }))).toEqual([
      ['a', 1],
      [path, uri],
      ['b', 2],
    ]);
  });

  it('by the path that is there, corrected in place', () => {
    expect(entries(up(id, { [path]: 's3://old', a: 1, [member]: value }))).toEqual([
      [path, uri],
      ['a', 1],
    ]);
    expect(entries(up(id, { [member]: value, a: 1, [path]: null }))).toEqual([
      ['a', 1],
      [path, uri],
    ]);
    expect(entries(up(id, { [path]: uri, a: 1, [member]: value }))).toEqual([
      [path, uri],
      ['a', 1],
    ]);
  });

  it('by no path when there is nothing to point to', () => {
    expect(up(id, { a: 1, [member]: null }, { claims: {} })).toEqual({ a: 1 });
    expect(up(id, { a: 1, [path]: 's3://kept' }, { claims: {} })).toEqual({ a: 1, [path]: 's3://kept' });
    expect(up(id, { a: 1, [path]: '' }, { claims: {} })).toEqual({ a: 1, [path]: null });
  });

  it('and back again, in the same place', () => {
    const fat = { a: 1, [member]: value, b: 2 };
    expect(entries(down(id, up(id, fat)))).toEqual(entries(fat));
  });

  it('and back only when the content is at hand', () => {
    expect(down(id, { [path]: uri }, {})).toEqual({ [path]: uri });
    expect(down(id, { a: 1 })).toEqual({ a: 1 });
  });
});

describe('0004 points at the manifest of this very map', () => {
  it('behind the path of the map, else behind that of the config, where they changed', () => {
    const pointing = ['0002', '0003', '0004'];
    const both = upAll(pointing, { workflow_config: {}, a: 1, partition_map: [], b: 2 });
    expect(Object.keys(both)).toEqual([
      'workflow_config_s3_path',
      'a',
      'partition_map_s3_path',
      'segment_manifest_s3_path',
      'b',
    ]);
    const { config, manifest } = CLAIMS;
    const configOnly = upAll(pointing, { workflow_config: {}, a: 1 }, { claims: { config, manifest } });
    expect(Object.keys(configOnly)).toEqual(['workflow_config_s3_path', 'segment_manifest_s3_path', 'a']);
  });

  it('in place of the path that is there', () => {
    expect(entries(up('0004', { segment_manifest_s3_path: null, a: 1 }))).toEqual([
      ['segment_manifest_s3_path', 's3://b/manifest'],
      ['a', 1],
    ]);
  });

  it('or leaves the path alone when there is no such manifest, but for an empty one', () => {
    expect(up('0004', { segment_manifest_s3_path: 's3://old' }, { claims: {} })).toEqual({
      segment_manifest_s3_path: 's3://old',
    });
    expect(up('0004', { segment_manifest_s3_path: '' }, { claims: {} })).toEqual({ segment_manifest_s3_path: null });
    expect(up('0004', {}, { claims: {} })).toEqual({});
  });

  it('and leaves the path on the way back, for fat bags carry one too', () => {
    expect(down('0004', { segment_manifest_s3_path: 's3://b/manifest' })).toEqual({
      segment_manifest_s3_path: 's3://b/manifest',
    });
  });
});

describe('0005 shrinks an inline manifest', () => {
  it('when it is told to and there is one', () => {
    expect(up('0005', { segment_manifest: [1, 2] }, { manifestPointers: ['p'] })).toEqual({ segment_manifest: ['p'] });
    expect(up('0005', { segment_manifest: [1, 2] })).toEqual({ segment_manifest: [1, 2] });
    expect(up('0005', {}, { manifestPointers: ['p'] })).toEqual({});
  });
});

describe('0006 stamps the version', () => {
  it('before what changed, or where one stands', () => {
    expect(Object.keys(upAll(['0002', '0006'], { a: 1, workflow_config: {}, b: 2 }))).toEqual([
      'a',
      'state_bag_version',
      'workflow_config_s3_path',
      'b',
    ]);
    expect(entries(up('0006', { state_bag_version: 1, a: 1 }))).toEqual([
      ['state_bag_version', 2],
      ['a', 1],
    ]);
    expect(entries(up('0006', { a: 1 }))).toEqual([
      ['a', 1],
      ['state_bag_version', 2],
    ]);
  });

  it('and takes it off again', () => {
    expect(down('0006', { a: 1, state_bag_version: 2 })).toEqual({ a: 1 });
  });
});

describe('0007 bridges', () => {
  const pointer = (field: string, key: string) => ({
    __s3_pointer__: true,
    bucket: 'b',
    key,
    size_bytes: 2,
    checksum: '99914b93',
    field_name: field,
    created_at: 5,
  });

  it('by pointers under the old names, as the legacy hydrator writes them', () => {
    const bag = { workflow_config: {}, a: 1, partition_map: [] };
    expect(entries(up('0007', bag))).toEqual([
      ['workflow_config', pointer('workflow_config', 'config')],
      ['a', 1],
      ['partition_map', pointer('partition_map', 'map')],
    ]);
    expect(Object.keys(up('0007', bag).workflow_config as object)).toEqual([
      '__s3_pointer__',
      'bucket',
      'key',
      'size_bytes',
      'checksum',
      'field_name',
      'created_at',
    ]);
  });

  it('only what is there and has somewhere to point', () => {
    expect(up('0007', { a: 1 })).toEqual({ a: 1 });
    expect(up('0007', { workflow_config: null }, { claims: {} })).toEqual({ workflow_config: null });
  });

  it('and back again', () => {
    const fat = { workflow_config: { nodes: [] }, a: 1, partition_map: [{ id: 0 }] };
    expect(entries(down('0007', up('0007', fat)))).toEqual(entries(fat));
    expect(down('0007', { workflow_config: 1 }, {})).toEqual({ workflow_config: 1 });
  });
});

describe('the list of migrations', () => {
  it('holds every file, in the order of the numbers', () => {
    const files = readdirSync(new URL('../../migrations/', import.meta.url)).filter((file) => /^\d/.test(file));
    expect([...steps.values()].map(({ id }) => `${id}.ts`)).toEqual(files.sort());
    for (const list of Object.values(MIGRATIONS))
      expect(list.map(({ id }) => id)).toEqual(list.map(({ id }) => id).sort());
  });

  it('says of each what it does', () => {
    for (const { id, description } of steps.values())
      expect([id, description]).toEqual([
        expect.stringMatching(/^\d{4}-[a-z-]+$/),
        expect.stringMatching(/^[a-z].{10,}[^.]$/),
      ]);
  });

  it('makes the same of a bag whether its steps run once or twice', () => {
    const bag = {
      _is_init: true,
      workflow_config: { nodes: [] },
      a: 1,
      partition_map: [{ id: 0 }],
      segment_manifest: [1],
    };
    for (const list of Object.values(MIGRATIONS)) {
      const context = { claims: CLAIMS, manifestPointers: ['p'], createdAt: 5 };
      const once = (before: Bag) =>
        run(before, (draft) => {
          for (const step of list) step.up(draft, context);
        });
      expect(entries(once(once(bag)))).toEqual(entries(once(bag)));
    }
  });
});
