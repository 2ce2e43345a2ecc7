import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { findingsIn, patchDefinition } from './commands.js';

const CORPUS = process.env.STATEBAG_CORPUS;

describe.skipIf(CORPUS === undefined)('the state machines of the corpus', () => {
  const read = (name: string) => readFileSync(join(CORPUS!, 'asl', name));
  const patch = async (name: string) => (await patchDefinition(read(name), name)).patched;
  const counts = async (bytes: Uint8Array, level: string) =>
    (await findingsIn(bytes, 'a.json')).filter((finding) => finding.level === level).length;

  it('of the flat era hand the map on from state to state; patched, none does, and branches keep theirs', async () => {
    const [before, after] = [read('jan29.json'), await patch('jan29.json')];
    expect([await counts(before, 'error'), await counts(after, 'error')]).toEqual([8, 0]);
    const branches = (bytes: Buffer) =>
      bytes
        .toString()
        .split('\n')
        .filter((line) => /inner_partition_map|Item\.Value\.partition_map|"\$\.partition_map"/.test(line));
    expect(branches(after)).toEqual(branches(before));
    expect(validate(JSON.parse(after.toString()) as object).errorsText()).toBe('');
  });

  it('deployed last hand no field on, and nothing in them is changed', async () => {
    expect(await counts(read('v3.json'), 'error')).toBe(0);
    expect(await counts(read('v3.json'), 'warning')).toBe(3);
    expect((await patch('v3.json')).equals(read('v3.json'))).toBe(true);
  });
});
