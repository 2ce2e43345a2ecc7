import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SOAK } from '../batch/scratch.js';
import { checkAll, patchAll } from './commands.js';
import { parse, stringify } from 'yaml';
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

/** Without aliases for objects that are there twice, which a patch leaves to a person. */
const YAML = { lineWidth: 0, aliasDuplicateObjects: false } as const;

const NOTATIONS = [
  { extension: 'json', write: (value: Json) => JSON.stringify(value) },
  { extension: 'json', write: (value: Json) => JSON.stringify(value, undefined, 3) },
  { extension: 'yaml', write: (value: Json) => `# first\n${stringify(value, YAML)}# last\n` },
  { extension: 'yaml', write: (value: Json) => stringify(value, { ...YAML, collectionStyle: 'flow' }) },
  {
    extension: 'json',
    write: (value: Json) => JSON.stringify({ DefinitionString: JSON.stringify(value) }),
  },
] as const;

/** So many machines lie in one directory, and are checked by one command. */
const MACHINES = { minLength: 12, maxLength: 12 };

type Files = Readonly<Record<string, Buffer>>;

const filesOf = (contents: readonly string[], extension: string): Files =>
  Object.fromEntries(contents.map((content, index) => [`m${index}.${extension}`, Buffer.from(content)]));

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

describe.each(NOTATIONS)('a patch of $extension', ({ extension, write }) => {
  it('leaves no error, changes only members of the fields and their substitutes, and does nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(machine, MACHINES), async (definitions) => {
        const before = filesOf(definitions.map(write), extension);
        const patched = await patchAll(before);
        const after = new Map(Array.from(patched, ([name, file]) => [name, file.patched]));
        const [found, left] = [await checkAll(before), await checkAll(Object.fromEntries(after))];
        const errorsIn = (findings: typeof found, name: string) =>
          findings.get(name)!.filter(({ level }) => level === 'error');
        for (const [name, bytes] of Object.entries(before)) {
          expect(errorsIn(left, name)).toEqual([]);
          expect(without(machineIn(after.get(name)!))).toEqual(without(machineIn(bytes)));
          expect(errorsIn(found, name).length === 0).toBe(bytes.equals(after.get(name)!));
        }
        expect(left).toEqual(new Map(Array.from(patched, ([name, file]) => [name, file.findings])));
      }),
      { numRuns: 3 * SOAK },
    );
  });

  it('keeps every line in which no field and no substitute is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(machine, MACHINES), async (definitions) => {
        const before = filesOf(definitions.map(write), extension);
        const others = (bytes: Buffer) =>
          bytes
            .toString()
            .split('\n')
            .filter((line) => !/workflow_config|partition_map|segment_/.test(line))
            .map((line) => line.replace(/,$/, ''));
        for (const [name, { patched }] of await patchAll(before))
          expect(others(patched)).toEqual(others(before[name]!));
      }),
      { numRuns: 3 * SOAK },
    );
  });
});

describe('any bytes', () => {
  it('are a definition or a typed error, and never anything else', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .constantFrom('StartAt: A\nStates: ', '{"StartAt":"A","States":')
        .chain((head) => fc.json().map((json) => head + json)),
    );
    const file = fc.record({ content: text, extension: fc.constantFrom('.json', '.yaml', '') });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 50, maxLength: 50 }), async (files) => {
        const found = await checkAll(
          Object.fromEntries(files.map(({ content, extension }, index) => [`f${index}${extension}`, content])),
        );
        expect(found.size).toBe(files.length);
        for (const { rule, level } of [...found.values()].flat())
          expect(`${level} ${rule}`).toMatch(
            /^(?:(?:error|warning) asl\/[a-z-]+|error (?:JSON|YAML|ASL|INVALID)_[A-Z_0-9]+)$/,
          );
      }),
      { numRuns: 10 },
    );
  });
});
