import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putFleet, smallBag } from './fleet-dir.js';
import { snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();

interface Census {
  readonly totals: Record<string, number> & {
    readonly generations: Record<string, number>;
    readonly envelopes: Record<string, number>;
    readonly dialects: Record<string, number>;
    readonly hazards: Record<string, number>;
  };
  readonly documents: readonly Record<string, unknown>[];
}

async function inspect(...args: string[]): Promise<{ readonly code: number; readonly census: Census }> {
  const { code, out } = await statebag(scratch.dir, ['inspect', ...args, '--json']);
  return { code, census: JSON.parse(out) as Census };
}

describe('inspect', () => {
  it('tells of each document what it is and what a migration saves, to the byte', async () => {
    writeFileSync(
      join(scratch.dir, 'bag.json'),
      JSON.stringify({ state_data: JSON.parse(smallBag({ _is_init: true })) as object }),
    );
    const { code, census } = await inspect('bag.json');
    expect(code).toBe(0);
    const [document] = census.documents;
    expect(document).toMatchObject({
      id: join(scratch.dir, 'bag.json'),
      outcome: 'migrated',
      generation: 'fat',
      envelope: 'state_data',
      dialects: [],
    });
    expect(document!.hazards).toEqual(['INIT_MARKERS', 'MANIFEST_PATH_MISSING']);
    expect(document!.bytesInline).toBeGreaterThan(100);
    await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store', '--apply']);
    expect((await inspect('bag.json')).census.documents[0]).toMatchObject({
      generation: 'lean',
      bytesBefore: document!.bytesAfter,
      bytesInline: 0,
    });
  });

  it('takes a census of a fleet', async () => {
    putFleet(scratch.dir);
    const { code, census } = await inspect('bags', '--store', 'store');
    expect(code).toBe(0);
    const { totals } = census;
    expect(totals.documents).toBe(readdirSync(join(scratch.dir, 'bags')).length);
    expect(Object.values(totals.generations).reduce((sum, count) => sum + count)).toBe(totals.documents);
    expect(totals.generations).toMatchObject({ unknown: 0 });
    expect(Object.keys(totals.dialects)).toEqual(expect.arrayContaining(['s3-pointer', 's3-offloaded', 's3-path']));
    expect(Object.keys(totals.envelopes)).toEqual(
      expect.arrayContaining(['(root)', 'state_data', 'bag', 'Payload.state_data', 'state_data.state_data']),
    );
    expect(totals.bytesAfter).toBeLessThan(totals.bytesBefore!);
  });

  it('writes nothing', async () => {
    putFleet(scratch.dir);
    const before = snapshot(scratch.dir);
    await inspect('bags', '--store', 'store');
    expect(snapshot(scratch.dir)).toEqual(before);
  });

  it('says of pointers that it needs a store to know more, and exits with 1', async () => {
    putFleet(scratch.dir, { variant: 'pointers', bags: 2 });
    const { code, census } = await inspect('bags');
    expect(code).toBe(1);
    expect(census.totals).toMatchObject({ documents: 2, notStarted: 2 });
    expect(census.documents[0]).toMatchObject({ outcome: 'not-started', code: 'STORE_MISSING', generation: 'bridge' });
    expect((await statebag(scratch.dir, ['inspect', 'bags'])).out).toMatch(
      /^not known +2 {2}their pointers can be followed with --store$/m,
    );
  });

  it('counts what Step Functions refuses now and after', async () => {
    writeFileSync(join(scratch.dir, 'large.json'), smallBag({ workflow_config: { nodes: 'x'.repeat(300_000) } }));
    writeFileSync(join(scratch.dir, 'hopeless.json'), smallBag({ current_state: 'x'.repeat(300_000) }));
    const { census } = await inspect('large.json', 'hopeless.json');
    expect(census.totals).toMatchObject({
      overLimitBefore: 2,
      overLimitAfter: 1,
      hazards: expect.objectContaining({ OVER_LIMIT: 2 }) as object,
    });
  });

  it('ends with exit code 1 when something is unreadable', async () => {
    writeFileSync(join(scratch.dir, 'torn.json'), '{"a":');
    const { code, out } = await statebag(scratch.dir, ['inspect', 'torn.json']);
    expect(code).toBe(1);
    expect(out).toMatch(/^ {2}unknown +1$/m);
    expect(out).toContain('quarantined  torn.json  JSON_SYNTAX');
  });

  it('explains hazards to people', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag({ _status: 'STARTED' }));
    const { out } = await statebag(scratch.dir, ['inspect', 'bag.json']);
    expect(out).toMatch(/^INIT_MARKERS +1 {2}_is_init or _status left behind/m);
    expect(out).toMatch(/^bytes after +[\d.]+ (K?B) {2}[-+][\d.]+ %$/m);
  });

  it('reads standard input and NDJSON', async () => {
    const { census } = JSON.parse(
      `{"census":${(await statebag(scratch.dir, ['inspect', '-', '--json'], { stdin: `${smallBag()}\n{"a":1}\n` })).out}}`,
    ) as { census: Census };
    expect(census.documents.map(({ id, generation }) => [id, generation])).toEqual([
      ['-#L1', 'fat'],
      ['-#L2', 'foreign'],
    ]);
  });
});
