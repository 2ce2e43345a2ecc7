import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schemaNames, validateAgainst } from '../../../src/bag/validate/validate-against.js';
import type { SchemaName } from '../../../src/bag/validate/validate-against.js';
import { leanBag } from './lean-bag.js';

describe('issues', () => {
  it('of a long list end after 100, and say how many are left out', () => {
    const issues = validateAgainst(
      'segment-manifest.v1',
      Array.from({ length: 150 }, () => 'no segment'),
    );
    expect(issues).toHaveLength(101);
    expect(issues[99]).toMatchObject({ pointer: '/99', keyword: 'type' });
    expect(issues[100]).toEqual({ pointer: '', keyword: 'more', message: '50 more faults are not listed.' });
  });

  it('of 200,000 broken entries come in time that grows with their number, not its square', () => {
    const started = performance.now();
    const issues = validateAgainst(
      'segment-manifest.v1',
      Array.from({ length: 200_000 }, () => ({})),
    );
    expect(issues).toHaveLength(101);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('escape member names as RFC 6901 asks', () => {
    const [issue] = validateAgainst('state-bag.fat', { partition_map: { 'a/b~c d': 1 } });
    expect(issue).toMatchObject({ pointer: '/partition_map/a~1b~0c d', member: 'a/b~c d' });
    expect(issue?.message).toBe('`partition_map["a/b~c d"]` is 1; it must be an object or null.');
  });

  it('show long values and long names only in part', () => {
    const value = validateAgainst('state-bag.v2', { ...leanBag, loop_counter: 'x'.repeat(1_000_000) });
    expect(value[0]?.message).toBe(
      `\`loop_counter\` is "${'x'.repeat(60)}"…; it must be a number, or a string that spells one.`,
    );
    const name = validateAgainst('state-bag.fat', { partition_map: { ['k'.repeat(5_000)]: 1 } });
    expect(name[0]?.message.length).toBeLessThan(200);
    expect(name[0]?.member).toHaveLength(5_000);
  });

  it('name list elements by their index and the member that holds them', () => {
    const [issue] = validateAgainst('state-bag.v2', { ...leanBag, segment_manifest: [{}, { manifest_s3_path: 4 }] });
    expect(issue).toMatchObject({
      pointer: '/segment_manifest/1/manifest_s3_path',
      member: 'manifest_s3_path',
      message: '`segment_manifest[1].manifest_s3_path` is 4; it must be a string.',
    });
  });

  it('of a tagged line are those of its own kind only', () => {
    expect(validateAgainst('journal.v1', { kind: 'end', run: 'r', at: '2026-01-01T00:00:00Z', totals: {} })).toEqual([
      { pointer: '', keyword: 'required', message: '`complete` is missing from the document.', member: 'complete' },
    ]);
  });

  it('of a failed choice are one, not one per branch', () => {
    expect(validateAgainst('pointers.v1', { bucket: 'b' })).toMatchObject([
      { pointer: '', message: 'This is no pointer of a known dialect.' },
    ]);
  });

  it('never repeat a fault', () => {
    const issues = validateAgainst('state-bag.v2', {
      ...leanBag,
      partition_map_s3_path: null,
      segment_manifest_s3_path: 7,
    });
    expect(issues.map(({ pointer }) => pointer)).toEqual(['/segment_manifest_s3_path']);
  });

  it('are about the value at hand, not about one validated before', () => {
    const first = validateAgainst('state-bag.fat', {});
    expect(validateAgainst('state-bag.fat', { workflow_config: null })).toEqual([]);
    expect(first).toHaveLength(1);
  });

  it('come without an exception for any JSON and for whatever JavaScript may hold', () => {
    const names = fc.constantFrom<SchemaName>(...schemaNames);
    fc.assert(
      fc.property(
        names,
        fc.oneof(fc.jsonValue(), fc.anything({ withBigInt: true, withNullPrototype: true })),
        (name, value) => {
          for (const issue of validateAgainst(name, value)) expect(issue.message).toMatch(/\.$/);
        },
      ),
    );
  });
});
