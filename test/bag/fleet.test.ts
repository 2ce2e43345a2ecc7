import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import type { Style } from '../../examples/fleet/spelling.js';
import { NOT_STRICT_JSON, QUARANTINED, VARIANT_NAMES } from '../../examples/fleet/variants/index.js';
import type { VariantName } from '../../examples/fleet/variants/index.js';
import type { Target } from '../../migrations/index.js';
import { createStateBagShim } from 'statebag-shim';
import { inspect } from './inspect.js';
import type { Reading } from './inspect.js';
import { migrate, namedBlobs, textsOf } from './migrate.js';
import { makePlace } from './place.js';
import type { Objects } from './place.js';
import { programs } from './programs.js';

const SEED = 31;

interface FleetDocument {
  readonly bytes: Buffer;
  readonly objects: Objects;
}

function makeDocument(variant: VariantName, style: Style): FleetDocument {
  const { bytes, objects } = makeFleet({ seed: SEED, bags: 1, workflows: 1, size: 'small', variant, style }).next()
    .value!;
  return {
    bytes,
    objects: Object.fromEntries(objects.map((object) => [`${object.bucket}/${object.key}`, object.bytes])),
  };
}

/** One document of each variant, by its name, in one directory with one store; migrated in one run. */
async function migrateFleet(style: Style, target: Target) {
  const fleet = new Map(VARIANT_NAMES.map((variant) => [variant, makeDocument(variant, style)]));
  const place = makePlace(Object.assign({}, ...[...fleet.values()].map(({ objects }) => objects)) as Objects);
  const run = await migrate(place, Object.fromEntries([...fleet].map(([name, { bytes }]) => [name, bytes])), target);
  return { fleet, place, of: run.of, twice: await run.again(), back: await run.rollBack() };
}

/** Styles that differ in more than their letters; the bridge form differs from the lean one in nothing of the kind. */
const STYLES = { lean: ['compact', 'python', 'crlf'], bridge: ['python'] } as const satisfies Record<
  string,
  readonly Style[]
>;

describe.each(['lean', 'bridge'] as const)('a document of the fleet becomes %s', (target) => {
  const runs = new Map<Style, ReturnType<typeof migrateFleet>>();
  const runOf = (style: Style) => {
    const run = runs.get(style) ?? migrateFleet(style, target);
    runs.set(style, run);
    return run;
  };
  const cases = VARIANT_NAMES.flatMap((variant) => STYLES[target].map((style) => [variant, style] as const));

  it.each(cases)('without a trace on what it does not concern: %s, %s', async (variant, style) => {
    const { fleet, place, of, twice, back } = await runOf(style);
    const { bytes: original, objects } = fleet.get(variant)!;
    const { outcome, code, bytes } = of[variant]!;
    const refusal = QUARANTINED[target][variant];
    const stays = refusal !== undefined || ['lean', 'foreign'].includes(variant);
    expect([outcome, code]).toEqual([refusal ? 'quarantined' : stays ? 'unchanged' : 'migrated', refusal]);
    expect(twice[variant]).toMatchObject({ outcome: refusal ? 'quarantined' : 'unchanged', bytes });
    expect(back[variant]!.toString()).toBe(original.toString());
    if (stays) {
      expect(bytes.toString()).toBe(original.toString());
      return;
    }
    const answers = await programs(original, place);
    expect([answers[0]!.startsWith('{'), answers.at(-1)]).toEqual([true, 'SEGMENT_OUT_OF_RANGE']);
    expect(await programs(bytes, place)).toEqual(answers);
    const spelled = [original, ...Object.values(objects)].flatMap((text) => textsOf(String(text)));
    const blobs = namedBlobs(place, bytes, original);
    expect(blobs.length).toBeGreaterThan(0);
    for (const { kind, text } of blobs)
      if (kind !== 'manifests') expect(spelled.filter((source) => source.includes(text))).not.toEqual([]);
  });
});

const USUAL: Reading = {
  generation: 'fat',
  envelope: 'state_data',
  bytesInline: 3600,
  hazards: ['INIT_MARKERS', 'MANIFEST_AT_MUTABLE_KEY'],
  dialects: ['s3-path'],
};

/** What differs from the usual document, by variant. */
const SEEN: Readonly<Record<VariantName, Partial<Reading>>> = {
  pre: {},
  bare: { envelope: '' },
  'run-step': { envelope: 'bag' },
  'flat-jan18': { envelope: '', bytesInline: 3003, hazards: ['MANIFEST_PATH_MISSING'], dialects: [] },
  'light-jan29': { envelope: '', bytesInline: 1303, hazards: ['MANIFEST_PATH_MISSING'] },
  pointers: { generation: 'bridge', bytesInline: 0, dialects: ['s3-pointer', 's3-path'] },
  offloaded: { generation: 'bridge', bytesInline: 0, dialects: ['s3-offloaded', 's3-path'] },
  'dict-map': { bytesInline: 3612 },
  'nested-entries': { bytesInline: 3861 },
  'null-in-map': { bytesInline: 3610 },
  'no-map': { bytesInline: 1700, hazards: ['INIT_MARKERS', 'MANIFEST_AT_MUTABLE_KEY', 'MAP_MISSING'] },
  'empty-map': { bytesInline: 1700, hazards: ['INIT_MARKERS', 'MANIFEST_AT_MUTABLE_KEY', 'MAP_MISSING'] },
  'payload-object': { envelope: 'Payload.state_data' },
  'payload-string': { envelope: 'Payload.state_data' },
  'double-nested': { envelope: 'state_data.state_data' },
  'bag-in-bag': {
    envelope: 'state_data.state_data',
    bytesInline: 7200,
    hazards: ['INIT_MARKERS', 'NESTED_BAGS', 'MANIFEST_AT_MUTABLE_KEY'],
  },
  'pathological-keys': {},
  'duplicate-fields': {},
  'python-numbers': {},
  lookalikes: { hazards: ['INIT_MARKERS', 'STATE_HOLDS_BAG', 'MANIFEST_AT_MUTABLE_KEY'] },
  lean: { generation: 'lean', bytesInline: 0, hazards: [] },
  foreign: { generation: 'foreign', envelope: null, bytesInline: 0, hazards: [], dialects: [] },
};

it.each(VARIANT_NAMES)('a document of the fleet is seen alike as text and as an object: %s', async (variant) => {
  const { bytes, objects } = makeDocument(variant, 'compact');
  const place = makePlace(objects);
  const expected = { ...USUAL, ...SEEN[variant] };
  expect(await inspect(bytes)).toEqual(expected);
  if (NOT_STRICT_JSON.includes(variant)) return;
  const reading = createStateBagShim({ store: place.store }).read(JSON.parse(bytes.toString()));
  const ids = variant === 'foreign' ? [undefined, undefined] : ['owner-d2b7', 'wf-chain-0-d2b7'];
  expect([reading.generation, reading.envelope, reading.ownerId, reading.workflowId]).toEqual([
    expected.generation,
    (expected.envelope ?? '').split('.').filter(Boolean),
    ...ids,
  ]);
});
