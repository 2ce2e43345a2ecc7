import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readDocument } from '../../src/bag/value.js';
import { resumability } from '../../src/bag/resume-rules.js';
import type { Resumability } from '../../src/bag/resume-rules.js';
import { rowDocument } from '../../src/sources/dynamodb/bags.js';
import { itemBytes } from '../../src/sources/dynamodb/attributes.js';
import type { Row } from '../../src/sources/dynamodb/port.js';
import { StateBagError } from 'statebag-shim';
import { World } from './world.js';
import { keyOf, rowText } from './rows.js';
import { run, runRollback, runVerify } from './workbench.js';

const corpus = process.env.STATEBAG_CORPUS;
const BUCKET = 'analemma-workflow-state-dev';
const NOW = 1_769_760_000_000;

function judge(row: Row): Resumability {
  const document = rowDocument('row', row);
  const context = detectValue(document.bytes);
  return resumability({ ...document.row!, context }, NOW);
}

function detectValue(bytes: Uint8Array): ReturnType<typeof readDocument> | undefined {
  try {
    return readDocument(bytes);
  } catch (error) {
    if (error instanceof StateBagError) return undefined;
    throw error;
  }
}

it('a row is judged by its bag and by what stands beside it', () => {
  const row: Row = {
    ownerId: { S: 'o' },
    conversation_id: { S: 'c' },
    taskToken: { S: 't' },
    ttl: { N: '1769760000' },
    context: { S: '{"workflow_config":{"id":"w"}}' },
  };
  expect(judge(row)).toMatchObject({ resumable: false, reasons: [{ code: 'TTL_EXPIRED' }], secondsLeft: 0 });
  expect(judge({ ...row, ttl: { N: '1769760001' } })).toMatchObject({ resumable: true });
});

// Recorded rows are not part of the project; whoever has a corpus names its folder.
if (corpus !== undefined) {
  const files = readdirSync(join(corpus, 'task-tokens')).filter((file) => file.endsWith('.dynamodb.json'));
  const rows = new Map(
    files.map((file) => [file, JSON.parse(readFileSync(join(corpus, 'task-tokens', file), 'utf8')) as Row]),
  );

  async function corpusWorld(): Promise<World> {
    const world = await World.with({});
    for (const entry of readdirSync(join(corpus!, 's3', BUCKET), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      await world.objects.put(
        { bucket: BUCKET, key: path.slice(join(corpus!, 's3', BUCKET).length + 1) },
        readFileSync(path),
      );
    }
    for (const row of rows.values()) world.table.put(row);
    return world;
  }

  const ports = { allowBuckets: [BUCKET] };

  it('every recorded row can be resumed after the migration where it could before, and the headline row can now', async () => {
    const world = await corpusWorld();
    const { outcomes } = await run(world, ports, { target: 'bridge' });
    expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    for (const [file, row] of rows) {
      const [before, after] = [judge(row), judge(world.table.get(keyOf(row))!)];
      if (before.resumable) expect(after.reasons, file).toEqual([]);
    }
    const headline = rows.get('v3-headline-371kb.dynamodb.json')!;
    expect(judge(headline).reasons.map(({ code }) => code)).toEqual(['OUTPUT_TOO_LARGE']);
    const now = judge(world.table.get(keyOf(headline))!);
    expect(now).toMatchObject({ resumable: true });
    expect(now.outputBytes).toBeLessThan(110_000);
  });

  it('every recorded row verifies, and is put back as it was', async () => {
    const world = await corpusWorld();
    const { totals, outcomes } = await run(world, ports, { target: 'bridge' });
    expect(totals.migrated).toBe(17);
    // Three rows of the January eras, and two later ones with a state_s3_path that is not null.
    expect(outcomes.filter(({ code }) => code === 'FLAT_ERA_BAG')).toHaveLength(5);
    const verified = await runVerify(world, ports, 'bridge');
    expect(verified.filter(({ outcome }) => outcome !== 'verified')).toEqual([]);
    expect(verified).toHaveLength(totals.migrated);
    for (const row of world.table.all()) expect(itemBytes(row)).toBeLessThan(409_600);
    await runRollback(world, ports);
    for (const row of rows.values()) expect(rowText(world.table.get(keyOf(row))!)).toBe(rowText(row));
  });
}
