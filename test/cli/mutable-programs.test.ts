import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { partitionWorkflow } from 'statebag-shim';
import { smallBag } from './fleet-dir.js';
import { digests, statebag, useScratch } from './terminal.js';

const scratch = useScratch();

type Json = Record<string, unknown>;

const configOf = (tag: string): Json => ({
  nodes: ['operator', 'llm_chat', 'operator'].map((type, at) => ({ id: `${tag}${at}`, type })),
  edges: [0, 1].map((at) => ({ source: `${tag}${at}`, target: `${tag}${at + 1}` })),
});
const cutOf = (tag: string) => partitionWorkflow(configOf(tag)).partitionMap;
const manifestOf = (tag: string): Json[] =>
  cutOf(tag).map((segment, at) => ({
    segment_id: at,
    segment_config: segment,
    execution_order: at,
    dependencies: [],
    type: segment.type,
  }));
const circle = {
  nodes: [
    { id: 'a', type: 'operator' },
    { id: 'b', type: 'llm_chat' },
  ],
  edges: [
    { source: 'a', target: 'b' },
    { source: 'b', target: 'a' },
  ],
};

const KEYS = {
  config: 'workflow-configs/owner-1/wf-1/config.json',
  map: 'workflow-partitions/owner-1/wf-1/partition_map.json',
  manifest: 'workflow-manifests/owner-1/wf-1/segment_manifest.json',
} as const;
const PATHS = {
  workflow_config_s3_path: `s3://local/${KEYS.config}`,
  partition_map_s3_path: `s3://local/${KEYS.map}`,
  segment_manifest_s3_path: `s3://local/${KEYS.manifest}`,
} as const;

function putObject(key: string, value: unknown): void {
  const path = join(scratch.dir, 'store', 'local', key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
}

function putBag(members: Json, wrap: (bag: Json) => unknown = (bag) => bag): string {
  const bag = JSON.parse(
    smallBag({
      workflow_config: undefined,
      partition_map: undefined,
      segment_to_run: 1,
      total_segments: 3,
      ...members,
    }),
  ) as Json;
  const text = JSON.stringify(wrap(bag));
  mkdirSync(join(scratch.dir, 'bags'), { recursive: true });
  writeFileSync(join(scratch.dir, 'bags', 'one.json'), text);
  return text;
}

const read = () => readFileSync(join(scratch.dir, 'bags', 'one.json'), 'utf8');
const MIGRATE = ['migrate', 'bags', '--store', 'store', '--allow-prefix', 's3://local/', '--journal', 'j', '--json'];

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly Json[];
}

async function migrate(...more: string[]): Promise<Report & { readonly code: number }> {
  const { code, out } = await statebag(scratch.dir, [...MIGRATE, ...more]);
  return { code, ...(JSON.parse(out) as Report) };
}

async function nodeOf(index = 1): Promise<string> {
  const { code, out, err } = await statebag(scratch.dir, [
    'segment',
    'bags/one.json',
    '--allow-prefix',
    's3://local/',
    '--store',
    'store',
    '--index',
    String(index),
  ]);
  return code === 0
    ? String((JSON.parse(out) as { node_ids?: string[]; nodes: { id: string }[] }).nodes[0]?.id)
    : (/[A-Z_]{6,}/.exec(err)?.[0] ?? err);
}

/** What the initialiser does when the edited workflow runs again. */
function overwrite(): void {
  putObject(KEYS.config, configOf('z'));
  putObject(KEYS.map, cutOf('z'));
  putObject(KEYS.manifest, manifestOf('z'));
}

const paths = () =>
  Object.values(JSON.parse(/\{"state_data":(.*)\}$/.exec(read())?.[1] ?? read()) as Json).flatMap((value) =>
    typeof value === 'string' && value.startsWith('s3://') ? [value] : [],
  );

/** Bags of which some program is at a key that a later run writes again. */
const BAGS: readonly (readonly [string, Json])[] = [
  [
    'an inline config and a manifest path',
    { workflow_config: configOf('a'), partition_map: null, segment_manifest_s3_path: PATHS.segment_manifest_s3_path },
  ],
  [
    'an inline config, an empty map and a manifest path',
    { workflow_config: configOf('a'), partition_map: [], segment_manifest_s3_path: PATHS.segment_manifest_s3_path },
  ],
  [
    'a manifest path and a config of null',
    { workflow_config: null, partition_map: null, segment_manifest_s3_path: PATHS.segment_manifest_s3_path },
  ],
  ['a manifest path alone', { segment_manifest_s3_path: PATHS.segment_manifest_s3_path }],
  ['three paths', { ...PATHS }],
  [
    'a config path and a manifest path',
    {
      workflow_config_s3_path: PATHS.workflow_config_s3_path,
      segment_manifest_s3_path: PATHS.segment_manifest_s3_path,
    },
  ],
  [
    'a config that cannot be cut and a manifest path',
    { workflow_config: circle, segment_manifest_s3_path: PATHS.segment_manifest_s3_path },
  ],
  ['a bare key', { segment_manifest_s3_path: KEYS.manifest }],
  [
    'the members of the flat era',
    {
      workflow_config: configOf('a'),
      state_s3_path: '',
      light_config: {},
      segment_manifest_s3_path: PATHS.segment_manifest_s3_path,
    },
  ],
  [
    'the stamp of an earlier release',
    { state_bag_version: 2, segment_manifest_s3_path: PATHS.segment_manifest_s3_path },
  ],
];

describe('a bag with a program at a key that a later run writes again', () => {
  for (const target of ['lean', 'bridge']) {
    // A reader of the flat era would run a pointer as the program.
    const bags = BAGS.filter(([name]) => target === 'lean' || !name.includes('flat era'));
    it.each(bags)(`keeps its program once it is ${target}, when it has %s`, async (_, members) => {
      putObject(KEYS.config, configOf('a'));
      putObject(KEYS.map, cutOf('a'));
      putObject(KEYS.manifest, manifestOf('a'));
      for (const wrap of [
        (bag: Json) => bag,
        (bag: Json) => ({ state_data: bag }),
        (bag: Json) => ({ state_data: JSON.stringify(bag) }),
      ]) {
        const text = putBag(members, wrap);
        expect(await nodeOf()).toBe('a1');
        const store = digests(join(scratch.dir, 'store'));
        expect((await migrate('--to', target)).totals.migrated).toBe(1);
        expect([read(), digests(join(scratch.dir, 'store'))]).toEqual([text, store]);
        const { code, totals } = await migrate('--to', target, '--apply', '--verify');
        expect([code, totals.migrated]).toEqual([0, 1]);
        expect(paths().filter((path) => !/\/[0-9a-f]{64}\//.test(path))).toEqual([]);
        overwrite();
        for (const index of [0, 1, 2]) expect(await nodeOf(index)).toBe(`a${index}`);
        expect((await migrate('--to', target, '--apply')).totals).toMatchObject({ migrated: 0, unchanged: 1 });
        expect((await statebag(scratch.dir, ['rollback', '--journal', 'j', '--apply'])).code).toBe(0);
        expect(read()).toBe(text);
        putObject(KEYS.config, configOf('a'));
        putObject(KEYS.map, cutOf('a'));
        putObject(KEYS.manifest, manifestOf('a'));
      }
    });
  }

  it('needs the shim until it is migrated', async () => {
    putObject(KEYS.manifest, manifestOf('a'));
    putBag({ state_bag_version: 2, segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    const before = await statebag(scratch.dir, ['can-contract', 'bags', '--json']);
    expect([before.code, before.out.includes('BAG_BRIDGE')]).toEqual([1, true]);
    const accepted = await statebag(scratch.dir, ['can-contract', 'bags', '--accept', 'bridge', '--json']);
    expect([accepted.code, accepted.out.includes('BAG_MUTABLE')]).toEqual([1, true]);
    await migrate('--apply');
    expect((await statebag(scratch.dir, ['can-contract', 'bags', '--json'])).code).toBe(0);
  });

  it('runs the program of its inline config when the key was overwritten before', async () => {
    overwrite();
    putBag({ workflow_config: configOf('a'), segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    expect(await nodeOf()).toBe('a1');
    const { out } = await statebag(scratch.dir, ['adapt', '--store', 'store', '--allow-prefix', 's3://local/'], {
      stdin: read(),
    });
    expect(((JSON.parse(out) as Json).segment_config as { node_ids: string[] }).node_ids).toEqual(['a1']);
    expect(
      (await statebag(scratch.dir, ['inspect', 'bags', '--store', 'store', '--allow-prefix', 's3://local/', '--json']))
        .out,
    ).toContain('PROGRAMS_DIFFER');
    const { documents } = await migrate('--apply', '--verify');
    expect(documents[0]).toMatchObject({ outcome: 'migrated' });
    expect(await nodeOf()).toBe('a1');
    expect(readFileSync(join(scratch.dir, 'j', 'journal.ndjson'), 'utf8')).toContain('PROGRAMS_DIFFER');
  });

  it('runs the program of a config behind a verified pointer when the key was overwritten before', async () => {
    const text = JSON.stringify(configOf('a'));
    const md5 = createHash('md5').update(text).digest('hex').slice(0, 8);
    overwrite();
    putObject('workflows/wf-1/executions/x/workflow_config_1.json', text);
    const pointer = {
      __s3_pointer__: true,
      bucket: 'local',
      key: 'workflows/wf-1/executions/x/workflow_config_1.json',
      checksum: md5,
    };
    putBag({
      workflow_config: pointer,
      segment_manifest_s3_path: PATHS.segment_manifest_s3_path,
      partition_map_s3_path: PATHS.partition_map_s3_path,
    });
    expect(await nodeOf()).toBe('a1');
    expect((await migrate('--apply', '--verify')).code).toBe(0);
    expect(await nodeOf()).toBe('a1');
    const hydrated = JSON.parse(
      (await statebag(scratch.dir, ['hydrate', 'bags/one.json', '--store', 'store', '--allow-prefix', 's3://local/']))
        .out,
    ) as Json;
    expect(hydrated.partition_map).toEqual(cutOf('a'));
  });

  it('has its segments compared by verify although it has no map', async () => {
    putObject(KEYS.manifest, manifestOf('a'));
    putBag({ workflow_config: configOf('a'), segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    await migrate('--apply');
    const { out, code } = await statebag(scratch.dir, ['verify', '--journal', 'j', '--json']);
    expect([code, (JSON.parse(out) as Report).totals]).toMatchObject([0, { verified: 1, segments: 3 }]);
  });

  it('gets a manifest from its inline config when nothing is at its manifest path', async () => {
    putBag({ workflow_config: configOf('a'), segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    expect((await migrate('--apply', '--verify')).code).toBe(0);
    expect(await nodeOf(2)).toBe('a2');
  });

  it('is quarantined with the code of the cut when neither the config nor the manifest gives segments', async () => {
    for (const manifest of [[], {}, undefined]) {
      if (manifest) putObject(KEYS.manifest, manifest);
      const text = putBag({ workflow_config: circle, segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
      const { code, documents } = await migrate('--apply');
      expect([code, documents[0]]).toMatchObject([1, { outcome: 'quarantined', code: 'WORKFLOW_CYCLE' }]);
      expect(read()).toBe(text);
    }
  });

  it('is quarantined when its only path leads to nothing', async () => {
    putBag({ segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    expect((await migrate('--apply')).documents[0]).toMatchObject({ outcome: 'quarantined', code: 'POINTER_DANGLING' });
  });

  it('is quarantined when the document at its only path has no segments', async () => {
    putObject(KEYS.manifest, { DestinationBucket: 'b', ResultFiles: {} });
    const text = putBag({ segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    for (const target of ['lean', 'bridge']) {
      expect((await migrate('--to', target)).documents[0]).toMatchObject({
        outcome: 'quarantined',
        code: 'SEGMENT_NOT_FOUND',
      });
    }
    expect(read()).toBe(text);
  });

  it('is not comparable, and not verified, once a later run overwrote what it named', async () => {
    putObject(KEYS.manifest, manifestOf('a'));
    putBag({ segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    await migrate('--apply');
    overwrite();
    const { code, out } = await statebag(scratch.dir, ['verify', '--journal', 'j', '--json']);
    const { totals, documents } = JSON.parse(out) as Report;
    expect([code, totals, documents]).toMatchObject([
      1,
      { documents: 1, verified: 0, overwritten: 1, segments: 0 },
      [{ outcome: 'overwritten', code: 'SOURCE_OVERWRITTEN' }],
    ]);
    const text = await statebag(scratch.dir, ['verify', '--journal', 'j']);
    expect([text.code, text.out]).toEqual([
      1,
      expect.stringMatching(/^not comparable +1 +as written, and not verified/m),
    ]);
    expect(text.out).toMatch(/^verified +0$/m);
    expect(text.err).toContain('nothing was verified (documents: 1, not comparable: 1)');
    const allowed = await statebag(scratch.dir, ['verify', '--journal', 'j', '--allow-empty']);
    expect(allowed.code).toBe(0);
  });

  it('is counted apart beside a verified document, which makes verify end with exit code 0', async () => {
    putObject(KEYS.manifest, manifestOf('a'));
    putBag({ segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    writeFileSync(join(scratch.dir, 'bags', 'other.json'), smallBag({ workflowId: 'wf-2' }));
    await migrate('--apply');
    overwrite();
    const { code, out } = await statebag(scratch.dir, ['verify', '--journal', 'j', '--json']);
    expect([code, (JSON.parse(out) as Report).totals]).toMatchObject([
      0,
      { documents: 2, verified: 1, overwritten: 1 },
    ]);
  });

  it('has a later migration with --verify end with exit code 1 when no other document is verified', async () => {
    putObject(KEYS.manifest, manifestOf('a'));
    putBag({ segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    await migrate('--apply');
    overwrite();
    expect((await migrate('--apply', '--verify')).code).toBe(1);
  });

  it('gets the programs into its manifest that its entries only point to', async () => {
    const entries = cutOf('a').map((segment, at) => {
      putObject(`segments/${at}.json`, segment);
      return { segment_id: at, segment_config: { bucket: 'local', key: `segments/${at}.json` } };
    });
    for (const members of [{ partition_map: entries }, { segment_manifest_s3_path: PATHS.segment_manifest_s3_path }]) {
      putObject(KEYS.manifest, entries);
      for (const at of [0, 1, 2]) putObject(`segments/${at}.json`, cutOf('a')[at]);
      putBag(members);
      const { code } = await migrate('--apply', '--verify');
      expect(code).toBe(0);
      for (const at of [0, 1, 2]) putObject(`segments/${at}.json`, cutOf('z')[at]);
      expect(await nodeOf()).toBe('a1');
    }
  });

  it('has the paths of an inline list of pointers put right', async () => {
    putObject(KEYS.manifest, manifestOf('a'));
    const pointers = [0, 1, 2].map((at) => ({
      segment_index: at,
      segment_id: at,
      segment_type: null,
      manifest_s3_path: PATHS.segment_manifest_s3_path,
      total_segments: 3,
    }));
    putBag({ segment_manifest: pointers, segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    expect((await migrate('--apply', '--verify')).code).toBe(0);
    const bag = JSON.parse(read()) as Json;
    expect(bag.segment_manifest).toEqual(
      pointers.map((pointer) => ({ ...pointer, manifest_s3_path: bag.segment_manifest_s3_path })),
    );
  });

  it('of the era with manifest_id is left alone', async () => {
    putObject(KEYS.manifest, manifestOf('a'));
    const text = putBag({ manifest_id: 'm', segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    expect((await migrate('--apply')).totals.unchanged).toBe(1);
    expect(read()).toBe(text);
  });
});

describe('a program that only some member or entry of a bag leads to', () => {
  const segment = 'workflow-partitions/owner-1/wf-1/seg.json';
  const pointer = (key: string, checksum = '') => ({
    __s3_pointer__: true,
    bucket: 'local',
    key,
    size_bytes: 1,
    checksum,
    field_name: 'x',
    created_at: 1,
  });
  const md5Of = (value: unknown) => createHash('md5').update(JSON.stringify(value)).digest('hex').slice(0, 8);
  const pointed = () =>
    cutOf('a').map((program, at) => (at === 1 ? { id: 1, type: 'llm', segment_config: pointer(segment) } : program));
  const listOf = (path: string) =>
    [0, 1, 2].map((at) => ({
      segment_index: at,
      segment_id: at,
      segment_type: 'normal',
      manifest_s3_path: path,
      total_segments: 3,
    }));
  const put = (tag: string) => {
    putObject(KEYS.config, configOf(tag));
    putObject(KEYS.map, cutOf(tag));
    putObject(KEYS.manifest, manifestOf(tag));
    putObject(segment, cutOf(tag)[1]);
  };
  const canContract = async (...more: string[]) => {
    const { code, out } = await statebag(scratch.dir, ['can-contract', 'bags', '--json', ...more]);
    return [code, /BAG_[A-Z]+/.exec(out)?.[0]];
  };
  const MIGRATED: readonly (readonly [string, readonly string[], Json])[] = [
    [
      'manifest_s3_path and an empty map',
      ['lean', 'bridge'],
      { partition_map: [], manifest_s3_path: PATHS.segment_manifest_s3_path },
    ],
    ['manifest_s3_path alone', ['lean', 'bridge'], { manifest_s3_path: PATHS.segment_manifest_s3_path }],
    [
      'manifest_s3_path and a map',
      ['lean', 'bridge'],
      { partition_map: cutOf('a'), manifest_s3_path: PATHS.segment_manifest_s3_path },
    ],
    [
      'an inline list of pointers and a config',
      ['lean', 'bridge'],
      { workflow_config: configOf('a'), segment_manifest: listOf(PATHS.segment_manifest_s3_path) },
    ],
    [
      'an inline list of pointers and a map',
      ['lean', 'bridge'],
      { partition_map: cutOf('a'), segment_manifest: listOf(PATHS.segment_manifest_s3_path) },
    ],
    [
      'a config pointer with a checksum',
      ['lean', 'bridge'],
      { workflow_config: pointer(KEYS.config, md5Of(configOf('a'))) },
    ],
    ['a map pointer with a checksum', ['lean', 'bridge'], { partition_map: pointer(KEYS.map, md5Of(cutOf('a'))) }],
    [
      'pointers in the entries of an inline manifest',
      ['lean'],
      {
        segment_manifest: manifestOf('a').map((entry) => ({
          ...entry,
          segment_config: entry.segment_id === 1 ? pointer(segment) : entry.segment_config,
        })),
      },
    ],
  ];

  it.each(MIGRATED.flatMap(([name, targets, members]) => targets.map((target) => [target, name, members] as const)))(
    'is kept once the bag is %s, when it has %s',
    async (target, _, members) => {
      put('a');
      const text = putBag(members);
      expect(await nodeOf()).toBe('a1');
      const { code, totals } = await migrate('--to', target, '--apply', '--verify');
      expect([code, totals.migrated]).toEqual([0, 1]);
      expect(read()).not.toMatch(/workflow-[a-z]+\/owner-1\/wf-1\/[a-z_]+\.json/);
      put('z');
      for (const index of [0, 1, 2]) expect(await nodeOf(index)).toBe(`a${index}`);
      expect(await canContract('--accept', 'bridge')).toEqual([0, undefined]);
      expect((await migrate('--to', target, '--apply')).totals).toMatchObject({ migrated: 0, unchanged: 1 });
      expect((await statebag(scratch.dir, ['rollback', '--journal', 'j', '--apply'])).code).toBe(0);
      expect(read()).toBe(text);
    },
  );

  it('gets its key from an inline list of pointers without another path', async () => {
    put('a');
    putBag({ segment_manifest: listOf(PATHS.segment_manifest_s3_path) });
    expect(await canContract()).toEqual([1, 'BAG_BRIDGE']);
    expect((await migrate('--apply', '--verify')).totals.migrated).toBe(1);
    const bag = JSON.parse(read()) as Json;
    expect(bag.segment_manifest).toEqual(listOf(String(bag.segment_manifest_s3_path)));
    put('z');
    expect(await nodeOf()).toBe('a1');
  });

  const whole = manifestOf('a').map((entry, at) => (at === 1 ? { ...entry, segment_config: pointer(segment) } : entry));
  const REFUSED: readonly (readonly [string, string, string, Json])[] = [
    [
      'bridge',
      'an entry of partition_map',
      'an inline map whose entries are pointers',
      { workflow_config: configOf('a'), partition_map: pointed() },
    ],
    [
      'bridge',
      'an entry of partition_map',
      'a map path to entries that are pointers',
      { partition_map_s3_path: PATHS.partition_map_s3_path },
    ],
    [
      'lean',
      'segment_manifest',
      'an inline manifest that a BATCHED Map state reads',
      { segment_manifest: whole, distributed_strategy: 'BATCHED' },
    ],
    [
      'lean',
      'segment_manifest',
      'the same and the stamp of a lean bag',
      { state_bag_version: 2, segment_manifest: whole, distributed_strategy: 'MAP_REDUCE' },
    ],
    ['bridge', 'segment_manifest', 'an inline manifest whose entries are pointers', { segment_manifest: whole }],
  ];
  it.each(REFUSED)(
    'makes migrate --to %s refuse the bag because of %s, when it has %s',
    async (target, where, _, members) => {
      put('a');
      if ('partition_map_s3_path' in members) putObject(KEYS.map, pointed());
      const text = putBag(members);
      const store = digests(join(scratch.dir, 'store'));
      expect((await canContract('--accept', 'bridge'))[0]).toBe(1);
      const { code, documents } = await migrate('--to', target, '--apply');
      expect([code, documents[0]]).toMatchObject([1, { outcome: 'quarantined', code: 'PROGRAM_MUTABLE' }]);
      expect(String(documents[0]!.reason)).toContain(
        `${where} leads to a key that another run of the workflow overwrites`,
      );
      expect([read(), digests(join(scratch.dir, 'store'))]).toEqual([text, store]);
    },
  );

  it('is not given up for a manifest path that leads to nothing', async () => {
    put('a');
    const dead = `s3://local/workflow-manifests/owner-1/wf-1/${'d'.repeat(64)}/segment_manifest.json`;
    putBag({ segment_manifest_s3_path: dead, manifest_s3_path: PATHS.segment_manifest_s3_path });
    expect((await migrate('--apply')).documents[0]).toMatchObject({ outcome: 'quarantined', code: 'POINTER_DANGLING' });
  });

  it('stays where two legacy writers stored it once, with a checksum', async () => {
    const key = 'workflows/wf-1/executions/x/workflow_config_1.json';
    putObject(key, configOf('a'));
    putBag({ workflow_config: pointer(key, md5Of(configOf('a'))) });
    expect((await migrate('--to', 'bridge', '--apply')).totals).toMatchObject({ migrated: 0, unchanged: 1 });
  });

  it('is verified from the map when the manifest was gone before the bag became a bridge bag', async () => {
    putBag({
      partition_map: cutOf('a'),
      segment_manifest_s3_path: `s3://local/workflow-manifests/owner-1/wf-1/${'d'.repeat(64)}/segment_manifest.json`,
    });
    const { code, totals } = await migrate('--to', 'bridge', '--apply', '--verify');
    expect([code, totals.migrated, await nodeOf()]).toEqual([0, 1, 'a1']);
  });
});

describe('--manifest', () => {
  const formOf = (): string => {
    const path = String((JSON.parse(read()) as Json).segment_manifest_s3_path);
    const manifest: unknown = JSON.parse(readFileSync(join(scratch.dir, 'store', path.slice('s3://'.length)), 'utf8'));
    return Array.isArray(manifest) ? 'list' : 'envelope';
  };

  it.each(BAGS)('is honoured for a bag with %s', async (_, members) => {
    putObject(KEYS.config, configOf('a'));
    putObject(KEYS.map, cutOf('a'));
    for (const form of ['envelope', 'list']) {
      putObject(KEYS.manifest, manifestOf('a'));
      putBag(members);
      expect((await migrate('--manifest', form, '--apply', '--verify')).code).toBe(0);
      expect([formOf(), await nodeOf()]).toEqual([form, 'a1']);
    }
  });

  it('is honoured for a bag that is lean already, and only when it is asked for', async () => {
    putObject(KEYS.manifest, manifestOf('a'));
    putBag({ workflow_config: configOf('a'), segment_manifest_s3_path: PATHS.segment_manifest_s3_path });
    await migrate('--manifest', 'envelope', '--apply');
    const text = read();
    expect((await migrate('--apply')).totals).toMatchObject({ unchanged: 1 });
    expect(read()).toBe(text);
    const again = await migrate('--manifest', 'list', '--apply', '--verify');
    expect([again.code, again.totals.migrated, formOf(), await nodeOf()]).toEqual([0, 1, 'list', 'a1']);
  });

  it.each(['list', 'envelope'])(
    '%s changes nothing the second time, for a map of pointers next to an inline manifest of programs',
    async (form) => {
      const key = 'workflow-partitions/owner-1/wf-1/seg.json';
      putObject(key, cutOf('a')[1]);
      const map = cutOf('a').map((program, at) =>
        at === 1 ? { id: 1, segment_config: { bucket: 'local', key } } : program,
      );
      putBag({ partition_map: map, segment_manifest: manifestOf('a') });
      expect((await migrate('--manifest', form, '--apply', '--verify')).code).toBe(0);
      const text = read();
      expect((await migrate('--manifest', form, '--apply')).totals).toMatchObject({ migrated: 0, unchanged: 1 });
      expect(read()).toBe(text);
    },
  );
});
