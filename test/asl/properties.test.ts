import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { findingsIn } from '../../src/asl/check/check-definition.js';
import { patchDefinition } from '../../src/asl/patch/patch-definition.js';
import { FLAT_PAYLOAD, taskWith } from './machines.js';

type Json = Readonly<Record<string, unknown>>;

const NAMES = [
  'workflow_config',
  'partition_map',
  'segment_id',
  'segment_config',
  'segment_manifest_s3_path',
  'note',
] as const;
const BASES = ['$', '$.bag', '$.state_data.bag', "$['state data']"] as const;

/**
 * Members of one bag, its owner and its index among them (a task of an item is left without one), each under its own
 * name, in any order.
 */
const members = fc
  .record({
    names: fc
      .subarray([...NAMES])
      .chain((some) => fc.shuffledSubarray([...some, 'ownerId', 'segment_to_run'], { minLength: some.length + 2 })),
    base: fc.constantFrom(...BASES),
  })
  .map(({ names, base }): Json => Object.fromEntries(names.map((name) => [`${name}.$`, `${base}.${name}`])));

const literal = fc.record({
  text: fc.string(),
  número: fc.integer(),
  'a/b~c': fc.array(fc.boolean(), { maxLength: 2 }),
});

const state: fc.Arbitrary<Json> = fc.letrec<{ state: Json; scope: Json }>((tie) => ({
  scope: fc.record({ A: tie('state') }).map((States) => ({ StartAt: 'A', States })),
  state: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(members, literal).map(([payload, more]) => taskWith({ ...payload, more })),
    members.map((payload) => ({ Type: 'Pass', Parameters: payload, ResultPath: '$.made', End: true })),
    members.map((payload) => taskWith(FLAT_PAYLOAD, { ResultSelector: payload, ResultPath: '$.made' })),
    members.map((payload) => ({ Type: 'Pass', Assign: payload, End: true })),
    fc.tuple(members, tie('scope')).map(([payload, inner]) => ({
      Type: 'Map',
      ItemsPath: '$.jobs',
      ItemSelector: payload,
      ItemProcessor: inner,
      End: true,
    })),
    fc
      .array(tie('scope'), { minLength: 1, maxLength: 2 })
      .map((branches) => ({ Type: 'Parallel', Branches: branches, End: true })),
  ),
})).state;

const machine = fc.array(state, { minLength: 1, maxLength: 4 }).map((states): Json => ({
  StartAt: 'S0',
  States: Object.fromEntries(states.map((each, index) => [`S${index}`, each])),
}));

const NOTATIONS = [
  { file: 'a.json', write: (value: Json) => JSON.stringify(value) },
  { file: 'a.json', write: (value: Json) => JSON.stringify(value, undefined, 3) },
  { file: 'a.yaml', write: (value: Json) => `# first\n${stringify(value, { lineWidth: 0 })}# last\n` },
  { file: 'a.yaml', write: (value: Json) => stringify(value, { collectionStyle: 'flow', lineWidth: 0 }) },
  { file: 'a.json', write: (value: Json) => JSON.stringify({ DefinitionString: JSON.stringify(value) }) },
] as const;

const errors = (bytes: Uint8Array, file: string) => findingsIn(bytes, file).filter(({ level }) => level === 'error');

/** What a patch may touch: members of these names. */
const TOUCHED = /^(?:workflow_config|partition_map|segment_config|segment_index|segment_manifest_s3_path)(?:\.\$)?$/;

function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (TOUCHED.test(name) ? [] : [[name, without(member)]])),
  );
}

function machineIn(bytes: Uint8Array): unknown {
  const value = parse(Buffer.from(bytes).toString()) as Json;
  return typeof value.DefinitionString === 'string' ? JSON.parse(value.DefinitionString) : value;
}

describe.each(NOTATIONS)('a patch of $file', ({ file, write }) => {
  it('leaves no error, changes only members of the fields and their substitutes, and does nothing twice', () => {
    fc.assert(
      fc.property(machine, (definition) => {
        const before = Buffer.from(write(definition));
        const after = patchDefinition(before, file, { speaks: 'lean' });
        expect(errors(after, file)).toEqual([]);
        expect(without(machineIn(after))).toEqual(without(machineIn(before)));
        expect(Buffer.from(patchDefinition(after, file, { speaks: 'lean' })).equals(after)).toBe(true);
        expect(errors(before, file).length === 0).toBe(before.equals(after));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps every line in which no field and no substitute is', () => {
    fc.assert(
      fc.property(machine, (definition) => {
        const before = Buffer.from(write(definition));
        const after = Buffer.from(patchDefinition(before, file, { speaks: 'lean' }));
        const others = (bytes: Buffer) =>
          bytes
            .toString()
            .split('\n')
            .filter((line) => !/workflow_config|partition_map|segment_/.test(line))
            .map((line) => line.replace(/,$/, ''));
        expect(others(after)).toEqual(others(before));
      }),
      { numRuns: 60 },
    );
  });
});

describe('any bytes', () => {
  it('are a definition or a typed error, and never anything else', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .constantFrom('StartAt: A\nStates: ', '{"StartAt":"A","States":')
        .chain((head) => fc.json().map((json) => head + json)),
    );
    fc.assert(
      fc.property(text, fc.constantFrom('a.json', 'a.yaml', 'a'), (content, file) => {
        try {
          expect(findingsIn(Buffer.from(content), file)).toEqual(expect.any(Array));
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(?:JSON|YAML|ASL|INVALID)_/) as string });
        }
      }),
      { numRuns: 500 },
    );
  });
});
