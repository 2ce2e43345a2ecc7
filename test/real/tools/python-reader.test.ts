import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { digests, statebag, useScratch } from '../../cli/terminal.js';
import { EVENT_VECTORS } from '../../vectors/event-vectors.js';
import { makeVectors } from '../../vectors/make-vectors.js';
import type { Vector } from '../../vectors/make-vectors.js';

const PYTHON = fileURLToPath(new URL('../../../examples/python/statebag.py', import.meta.url));

const BIN = fileURLToPath(new URL('../../../dist/cli/statebag.cjs', import.meta.url));

const vectors = await makeVectors();
const scratch = useScratch();

function storeOf({ bucket, blobs }: Pick<Vector, 'bucket' | 'blobs'>): string {
  const store = join(scratch.dir, 'store');
  for (const [key, text] of Object.entries(blobs)) {
    const path = join(store, bucket, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return store;
}

function python(bag: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('python3', [PYTHON, ...args], { input: bag, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

type Members = Readonly<Record<string, unknown>>;

/** A member of the bag in a document. */
function member(text: string, name: string): unknown {
  let bag = JSON.parse(text) as Members;
  for (const wrapper of ['Payload', 'state_data', 'bag']) bag = (bag[wrapper] as Members | undefined) ?? bag;
  return bag[name];
}

interface Answer {
  readonly out: string;
  /** The first line of standard error. */
  readonly error: string;
}

/** What a program answers for an event in a file, with the store next to it as `./store`. */
function ask(program: string, args: readonly string[], input?: string): Answer {
  const { stdout, stderr } = spawnSync(program, args, { cwd: scratch.dir, encoding: 'utf8', input });
  return { out: stdout.replace(/\n$/, ''), error: stderr.split('\n')[0]! };
}

/** The answers of the built command and of the example for one file. */
function askBoth(event: string): readonly Answer[] {
  const file = join(scratch.dir, 'event.json');
  writeFileSync(file, event);
  return [
    ask(process.execPath, [BIN, 'segment', 'event.json', '--store', './store']),
    ask('python3', [PYTHON, 'segment', './store'], readFileSync(file, 'utf8')),
  ];
}

describe.each(vectors.map((vector) => [vector.name, vector] as const))('Python and %s', (_name, vector) => {
  it('reads every form, and finds the same programs in it', () => {
    const store = storeOf(vector);
    for (const bag of [vector.input, vector.lean, vector.bridge]) {
      const { config, map, programs } = JSON.parse(python(bag, 'read', store)) as Readonly<
        Record<'config' | 'map', string>
      > & { readonly programs: readonly string[] };
      expect(JSON.parse(config)).toEqual(member(vector.input, 'workflow_config'));
      expect(JSON.parse(map)).toEqual(member(vector.input, 'partition_map'));
      expect(programs).toEqual(vector.programs);
    }
  });

  it('writes the same blobs and the same bag', () => {
    const store = join(scratch.dir, 'store');
    const [lean, bridge] = [python(vector.input, 'lean', store), python(vector.input, 'bridge', store)];
    expect(JSON.parse(lean)).toEqual(JSON.parse(vector.lean));
    expect(JSON.parse(bridge)).toEqual(JSON.parse(vector.bridge));
    const written = Object.keys(digests(join(store, vector.bucket))).sort();
    expect(written).toEqual(Object.keys(vector.blobs).sort());
    for (const key of written) expect(readFileSync(join(store, vector.bucket, key), 'utf8')).toBe(vector.blobs[key]);
  });

  it('writes what the command line reads', async () => {
    const store = join(scratch.dir, 'store');
    for (const form of ['lean', 'bridge']) {
      const bag = python(vector.input, form, store);
      for (const [index, program] of vector.programs.entries()) {
        const { out, err } = await statebag(
          scratch.dir,
          ['segment', '-', '--index', String(index), '--store', 'store'],
          { stdin: bag },
        );
        expect([out, err]).toEqual([`${program}\n`, '']);
      }
      const { out } = await statebag(scratch.dir, ['hydrate', '-', '--store', 'store'], { stdin: bag });
      expect(member(out, 'workflow_config')).toEqual(member(vector.input, 'workflow_config'));
    }
  });

  it('refuses bytes that are not those of their address', () => {
    const store = storeOf(vector);
    writeFileSync(join(store, vector.bucket, vector.manifest), '[]');
    expect(existsSync(join(store, vector.bucket, vector.manifest))).toBe(true);
    expect(() => python(vector.lean, 'segment', store, '0')).toThrow('DIGEST_MISMATCH');
  });
});

describe('the built statebag segment and the example in Python give the answer of the vector', () => {
  it.each(EVENT_VECTORS.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    storeOf(vector);
    const answers = askBoth(vector.event);
    for (const { out, error } of answers) {
      if ('program' in vector.answer) expect({ out, error }).toEqual({ out: vector.answer.program, error: '' });
      else {
        expect(out).toBe('');
        expect(error).toMatch(new RegExp(`^statebag(\\.py)?: ${vector.answer.code}: `));
      }
    }
    expect(answers).toHaveLength(2);
  });
});

describe('the example in Python', () => {
  const [{ input, bridge: bridged, ...stored }] = vectors as [Vector];
  const refuse = (bag: string, command: string) => expect(() => python(bag, command, join(scratch.dir, 'store')));

  it('writes the lean form of a bag in the bridge form', () => {
    const store = storeOf(stored);
    expect(JSON.parse(python(bridged, 'lean', store))).toEqual(JSON.parse(stored.lean));
  });

  it('says that it does not cut a workflow_config, and runs no other program', () => {
    const bag = '{"ownerId":"olive","workflowId":"press","workflow_config":{"nodes":[{"id":"a"}],"edges":[]}}';
    const [command, example] = askBoth(bag);
    expect(command!.out).toContain('"id":"a"');
    expect(example!.out).toBe('');
    expect(example!.error).toMatch(/^statebag\.py: NOT_IN_EXAMPLE: only workflow_config/);
    refuse(bag, 'lean').toThrow('NOT_IN_EXAMPLE');
  });

  it.each([
    ['a bag in a JSON string', JSON.stringify({ bag: input }), 'lean', 'NOT_IN_EXAMPLE'],
    ['a document without a bag', '{"a":1}', 'lean', 'NOT_IN_EXAMPLE'],
    [
      'a path without a digest',
      '{"partition_map_s3_path":"workflow-partitions/o/w/partition_map.json"}',
      'lean',
      'NOT_IN_EXAMPLE',
    ],
    ['a bag without an owner', '{"partition_map":[{"id":0,"nodes":[]}]}', 'lean', 'BAG_INVALID'],
    ['a map with null', input.replace(/("partition_map": ?\[)/, '$1null,'), 'lean', 'MAP_HAS_NULLS'],
    ['a bag of the flat era', input.replace('{', '{"light_config":null,'), 'bridge', 'FLAT_ERA_BAG'],
    ['text that is not JSON', '{"a":', 'lean', 'JSON_SYNTAX'],
  ])('refuses %s, and stores nothing', (_what, bag, command, code) => {
    refuse(bag, command).toThrow(`statebag.py: ${code}: `);
    expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
  });
});
