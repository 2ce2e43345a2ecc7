import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { digests, statebag, useScratch } from '../../cli/terminal.js';
import { makeVectors } from '../../vectors/make-vectors.js';
import type { Vector } from '../../vectors/make-vectors.js';

const PYTHON = fileURLToPath(new URL('../../../examples/python/statebag.py', import.meta.url));

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

const member = (text: string, name: string): unknown => (JSON.parse(text) as Record<string, unknown>)[name];

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
    expect(() => python(vector.lean, 'segment', store, '0')).toThrow('IntegrityError');
  });
});
