import fc from 'fast-check';
import { validateLeanBag } from 'statebag-shim';
import { describe, expect, it } from 'vitest';
import { SCHEMA_NAMES } from '../schemas/read-fixtures.js';
import type { SchemaName } from '../schemas/read-fixtures.js';
import { validateAll } from '../schemas/validate.js';
import type { Issue } from '../schemas/validate.js';
import { leanBag } from './lean-bag.js';

async function validate(schema: SchemaName, document: unknown): Promise<readonly Issue[]> {
  return (await validateAll(schema, [document]))[0]!;
}

describe('issues', () => {
  it('of a long list end after 100, and say how many are left out', async () => {
    const issues = await validate(
      'segment-manifest.v1',
      Array.from({ length: 150 }, () => 'no segment'),
    );
    expect(issues).toHaveLength(101);
    expect(issues[99]).toMatchObject({ pointer: '/99', rule: 'type' });
    expect(issues[100]).toMatchObject({ pointer: '', rule: 'more', message: '50 more faults are not listed.' });
  });

  it('of 200,000 broken entries come in time that grows with their number, not its square', async () => {
    const started = performance.now();
    const issues = await validate(
      'segment-manifest.v1',
      Array.from({ length: 200_000 }, () => ({})),
    );
    expect(issues).toHaveLength(101);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('escape member names as RFC 6901 asks', async () => {
    const [issue] = await validate('state-bag.fat', { partition_map: { 'a/b~c d': 1 } });
    expect(issue).toMatchObject({ pointer: '/partition_map/a~1b~0c d' });
    expect(issue?.message).toBe('`partition_map["a/b~c d"]` is 1; it must be an object or null.');
  });

  it('show long values and long names only in part', async () => {
    const value = await validate('state-bag.v2', { ...leanBag, loop_counter: 'x'.repeat(1_000_000) });
    expect(value[0]?.message).toBe(
      `\`loop_counter\` is "${'x'.repeat(60)}"…; it must be a number, or a string that spells one.`,
    );
    const name = await validate('state-bag.fat', { partition_map: { ['k'.repeat(5_000)]: 1 } });
    expect(name[0]?.message.length).toBeLessThan(200);
    expect(name[0]?.pointer).toHaveLength('/partition_map/'.length + 5_000);
  });

  it('name list elements by their index and the member that holds them', async () => {
    const [issue] = await validate('state-bag.v2', { ...leanBag, segment_manifest: [{}, { manifest_s3_path: 4 }] });
    expect(issue).toMatchObject({
      pointer: '/segment_manifest/1/manifest_s3_path',
      message: '`segment_manifest[1].manifest_s3_path` is 4; it must be a string.',
    });
  });

  it('of a tagged line are those of its own kind only', async () => {
    const line = { kind: 'end', run: 'r', at: '2026-01-01T00:00:00Z', totals: {} };
    const issues = await validate('journal.v1', line);
    expect(issues.map(({ pointer, rule, message }) => [pointer, rule, message])).toEqual([
      ['', 'required', '`complete` is missing from the document.'],
    ]);
  });

  it('of a failed choice are one, not one per branch', async () => {
    expect(await validate('pointers.v1', { bucket: 'b' })).toMatchObject([
      { pointer: '', message: 'This is no pointer of a known dialect.' },
    ]);
  });

  it('never repeat a fault', async () => {
    const issues = await validate('state-bag.v2', {
      ...leanBag,
      partition_map_s3_path: null,
      segment_manifest_s3_path: 7,
    });
    expect(issues.map(({ pointer }) => pointer)).toEqual(['/segment_manifest_s3_path']);
  });

  it('are about the value at hand, not about one validated before', async () => {
    const found = await validateAll('state-bag.fat', [{ ownerId: 1 }, { workflow_config: null }, { ownerId: 1 }]);
    expect(found[0]).not.toEqual([]);
    expect(found.map((issues) => issues.length)).toEqual([found[0]!.length, 0, found[0]!.length]);
  });

  it('come without an exception for any JSON and for whatever JavaScript may hold', async () => {
    for (const schema of SCHEMA_NAMES) {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 30, maxLength: 30 }), async (documents) => {
          const found = await validateAll(schema, documents);
          expect(found).toHaveLength(documents.length);
          for (const { message } of found.flat()) expect(message).toMatch(/\.$/);
        }),
        { numRuns: 1 },
      );
    }
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
        for (const { message } of validateLeanBag(value)) expect(message).toMatch(/\.$/);
      }),
    );
  });
});
