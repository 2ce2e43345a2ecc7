import fc from 'fast-check';
import { jsonText, stringText, whitespace } from '../json/json-text.js';

/** What a state machine needs in a bag, so that a lean one is valid. */
export const CONTROL = {
  ownerId: 'olive',
  workflowId: 'press',
  segment_to_run: 0,
  loop_counter: 0,
  max_loop_iterations: 100,
  total_segments: 2,
  distributed_strategy: 'SAFE',
  max_concurrency: 1,
  start_time: 1_767_225_600,
  llm_segments: 0,
  hitp_segments: 0,
} as const;

/** Names that a migration may add, change or take out. */
export const KNOWN_MEMBERS: readonly string[] = [
  'workflow_config',
  'partition_map',
  'segment_manifest',
  'workflow_config_s3_path',
  'partition_map_s3_path',
  'segment_manifest_s3_path',
  'state_bag_version',
  '_is_init',
  '_status',
];

/** A member as it is spelled, with its white space. */
export interface SpelledMember {
  readonly key: string;
  readonly value: string;
  readonly text: string;
}

export interface SpelledBag {
  readonly text: string;
  readonly config: string | undefined;
  readonly map: string;
}

/** A name that is nobody's: with an underscore in front, it can be none that the shim knows. */
const foreignKey = fc
  .oneof(stringText({ loneSurrogates: false }), fc.constantFrom('"_proto__"', '"1"', '"state"'))
  .map((quoted) => (quoted === '"_proto__"' ? '"__proto__"' : `"_x${quoted.slice(1)}`));

const controlMembers = Object.entries(CONTROL).map(([name, value]) =>
  spell(JSON.stringify(name), JSON.stringify(value), ['', '', '', '']),
);

function spell(key: string, value: string, [a, b, c, d]: readonly string[]): SpelledMember {
  return { key, value, text: `${a}${key}${b}:${c}${value}${d}` };
}

function member(key: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<SpelledMember> {
  const blanks = fc.tuple(whitespace, whitespace, whitespace, whitespace);
  return fc.tuple(key, value, blanks).map((parts) => spell(...parts));
}

const segmentText = fc
  .tuple(fc.nat({ max: 99 }), fc.constantFrom('normal', 'llm', 'norm\\u0061l'), jsonText, whitespace)
  .map(([id, type, extra, blank]) => `{${blank}"id":${id}.0,"type":"${type}","nodes":[${extra}]}`);

const entryText = fc.oneof(
  { weight: 4, arbitrary: segmentText },
  {
    weight: 1,
    arbitrary: segmentText.map((segment) => `{"segment_id":7,"segment_config":${segment},"dependencies":[1.0]}`),
  },
);

const listMap = fc
  .tuple(segmentText, fc.array(entryText, { maxLength: 3 }))
  .map(([first, rest]) => `[${[first, ...rest].join(' ,')}]`);

const dictMap = fc.array(segmentText, { minLength: 1, maxLength: 4 }).chain((entries) => {
  const members = entries.map((entry, index) => `"${index}":${entry}`);
  return fc.shuffledSubarray(members, { minLength: members.length }).map((shuffled) => `{${shuffled.join(',')}}`);
});

const configText = fc
  .tuple(jsonText, whitespace)
  .map(([extra, blank]) => `{"nodes":[{"id":"a"}],"x":${extra}${blank}}`);

/**
 * A fat bag: members in any order, with unknown ones of any spelling and number; markers and old paths only when asked
 * for.
 */
export function fatBag({ withTraces }: { readonly withTraces: boolean }): fc.Arbitrary<SpelledBag> {
  const config = fc.option(member(fc.constantFrom('"workflow_config"', '"workflow\\u005fconfig"'), configText), {
    nil: undefined,
  });
  const map = member(fc.constantFrom('"partition_map"', '"\\u0070artition_map"'), fc.oneof(listMap, dictMap));
  const unknown = fc.array(member(foreignKey, jsonText), { maxLength: 4 });
  const traces = withTraces ? fc.subarray(TRACES) : fc.constant([]);
  return fc.tuple(config, map, unknown, traces).chain(([one, two, others, left]) => {
    const members = [...controlMembers, ...(one ? [one] : []), two, ...others, ...left];
    const shuffled = fc.shuffledSubarray(members, { minLength: members.length });
    return shuffled.map((all) => ({
      text: `{${all.map(({ text }) => text).join(',')}}`,
      config: one?.value,
      map: two.value,
    }));
  });
}

const TRACES = [
  ['"_is_init"', 'true'],
  ['"_status"', '"STARTED"'],
  ['"segment_manifest_s3_path"', '"s3://local/workflow-manifests/olive/press/segment_manifest.json"'],
  ['"partition_map_s3_path"', '""'],
  ['"workflow_config_s3_path"', 'null'],
  ['"state_bag_version"', '2'],
].map(([key, value]) => spell(key!, value!, ['', ' ', '', '']));

/** A way to hand over a bag, and to take it out of the document again. */
export interface Envelope {
  readonly wrap: (bag: string) => string;
  readonly unwrap: (document: string) => string;
}

function around(before: string, after: string): Envelope {
  return {
    wrap: (bag) => before + bag + after,
    unwrap: (document) => document.slice(before.length, document.length - after.length),
  };
}

type Wrapped = Readonly<Record<'Payload' | 'state_data', string>>;
const inString = (document: string) => JSON.parse(document) as Wrapped;

/** Ways to hand over a bag: as it is, under a wrapper, in a string, in a string in a string. */
export const envelope: fc.Arbitrary<Envelope> = fc.constantFrom(
  around('', ''),
  around(' {"state_data" : ', ',"next_action":"STARTED"}\n'),
  around('{"Payload":{"state_data":{"bag":', '}}}'),
  { wrap: (bag) => `{"Payload": ${JSON.stringify(bag)} }`, unwrap: (document) => inString(document).Payload },
  {
    wrap: (bag) => `{"Payload":${JSON.stringify(`{"state_data":${JSON.stringify(bag)}}`)}}`,
    unwrap: (document) => inString(inString(document).Payload).state_data,
  },
);

/** Every name that means something to somebody, where it may well mean nothing. */
const NAMES = [
  ...[
    'Payload',
    'state_data',
    'bag',
    'workflow_config',
    'partition_map',
    'segment_manifest',
    'workflow_config_s3_path',
    'partition_map_s3_path',
  ],
  ...[
    'segment_manifest_s3_path',
    'state_bag_version',
    'ownerId',
    'workflowId',
    'segment_to_run',
    'current_state',
    '_is_init',
    '_status',
  ],
  ...[
    '__s3_pointer__',
    'bucket',
    'key',
    'checksum',
    '__s3_offloaded',
    '__s3_path',
    'type',
    's3_path',
    'manifest_id',
    'branch_config',
  ],
  ...[
    'branches_s3_path',
    'segment_config',
    'segment_index',
    'distributed_strategy',
    '__proto__',
    'segments',
    '0',
    '1',
    'partition_id',
    'items',
  ],
];

const SCALARS = [
  null,
  true,
  false,
  0,
  1,
  2,
  -1,
  1.5,
  '',
  '0',
  'x',
  's3://local/a/b',
  's3://',
  's3_reference',
  'BATCHED',
  '{}',
  '[]',
  '{"ownerId":1',
  'error',
];

/** Any JSON value, written in the vocabulary of bags. */
export const babble: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...SCALARS),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object').map((object) => JSON.stringify(object)),
  ),
  object: fc
    .array(fc.tuple(fc.constantFrom(...NAMES), tie('value')), { maxLength: 8 })
    .map((entries) => Object.fromEntries(entries) as unknown),
})).value;
