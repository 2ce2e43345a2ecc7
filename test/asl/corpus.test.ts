import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { findingsIn } from '../../src/asl/check/check-definition.js';
import { patchDefinition } from '../../src/asl/patch/patch-definition.js';

const CORPUS = process.env.STATEBAG_CORPUS;

describe.skipIf(CORPUS === undefined)('the state machines of the corpus', () => {
  const read = (name: string) => readFileSync(join(CORPUS!, 'asl', name));
  const patch = (name: string) => Buffer.from(patchDefinition(read(name), name, { speaks: 'lean' }));
  const counts = (bytes: Uint8Array, level: string) =>
    findingsIn(bytes, 'a.json').filter((finding) => finding.level === level).length;

  it('of the flat era hand the map on from state to state; patched, none does, and branches keep theirs', () => {
    const [before, after] = [read('jan29.json'), patch('jan29.json')];
    expect([counts(before, 'error'), counts(after, 'error')]).toEqual([8, 0]);
    const branches = (bytes: Buffer) =>
      bytes
        .toString()
        .split('\n')
        .filter((line) => /inner_partition_map|Item\.Value\.partition_map|"\$\.partition_map"/.test(line));
    expect(branches(after)).toEqual(branches(before));
    expect(validate(JSON.parse(after.toString()) as object).errorsText()).toBe('');
  });

  it('deployed last hand no field on, and nothing in them is changed', () => {
    expect(counts(read('v3.json'), 'error')).toBe(0);
    expect(counts(read('v3.json'), 'warning')).toBe(3);
    expect(patch('v3.json').equals(read('v3.json'))).toBe(true);
  });
});
