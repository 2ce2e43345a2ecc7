import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { statebag, useScratch } from '../cli/terminal.js';
import { digestsOf, makeCensus, sandbox, serveCensus } from '../lambda/census.js';
import type { CensusServer } from '../lambda/census.js';
import { runBatchJob, runMap } from '../lambda/services.js';

/** 300 in every run of the tests; the whole of the claim with STATEBAG_CENSUS=20000. */
const OBJECTS = Number(process.env.STATEBAG_CENSUS ?? 300);
const PATIENCE_MS = 60_000 + OBJECTS * 120;

const PLAYING = { seed: 5, againEvery: 7, concurrency: 6 };

const scratch = useScratch();
const servers: CensusServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((one) => one.stop()));
});

interface Outcome {
  readonly objects: Record<string, string>;
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly { readonly id: string }[];
}

const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);

/** The objects of a finished way, and what its JSON report says. */
async function outcomeOf(served: CensusServer, args: readonly string[]): Promise<Outcome> {
  const { out, err } = await statebag(scratch.dir, [...args, '--json', ...served.options]);
  if (out === '') throw new Error(err);
  const { totals, documents } = JSON.parse(out) as Omit<Outcome, 'objects'>;
  return { objects: await digestsOf(served, ['paused', 'blobs']), totals, documents: [...documents].sort(byId) };
}

const STORE = ['--store', 's3://blobs', '--allow-bucket', 'paused'];

describe(`one census of ${OBJECTS} objects, migrated three ways`, () => {
  it('gives the same objects, the same outcomes and the same totals', { timeout: PATIENCE_MS }, async () => {
    const made = makeCensus(OBJECTS);
    const keys = [...made.census.keys()];
    for (let way = 0; way < 3; way++) servers.push(await serveCensus(made));
    const [byCli, byBatch, byMap] = servers as [CensusServer, CensusServer, CensusServer];

    const cli = await outcomeOf(byCli, ['migrate', 's3://paused/bags/', ...STORE, '--apply', '--journal', 'cli']);
    expect(cli.totals.migrated).toBeGreaterThan(OBJECTS * 0.8);
    expect(cli.totals.quarantined).toBeGreaterThanOrEqual(3);

    const report = await runBatchJob(
      keys,
      [1, 2].map(() => sandbox(byBatch).s3Batch),
      byBatch.objects,
      PLAYING,
    );
    const batch = await outcomeOf(byBatch, [
      'fleet',
      'collect',
      report,
      '--records',
      's3://fleet/records',
      ...STORE,
      '--journal',
      'batch',
    ]);

    const items = keys.map((key) => ({ id: `s3://paused/${key}` }));
    const results = await runMap(
      items,
      [1, 2].map(() => sandbox(byMap).mapItem),
      byMap.objects,
      { ...PLAYING, batch: 9 },
    );
    const map = await outcomeOf(byMap, [
      'fleet',
      'collect',
      results,
      '--records',
      's3://fleet/records',
      ...STORE,
      '--journal',
      'map',
    ]);

    for (const other of [batch, map]) {
      expect(other.objects).toEqual(cli.objects);
      expect(other.totals).toEqual(cli.totals);
      expect(other.documents).toEqual(cli.documents);
    }

    const verified = await statebag(scratch.dir, ['verify', '--journal', 'batch', '--json', ...byBatch.options]);
    expect(JSON.parse(verified.out)).toMatchObject({
      totals: { documents: cli.totals.migrated, verified: cli.totals.migrated },
    });
    const status = await statebag(scratch.dir, ['status', '--journal', 'map', '--json']);
    expect(JSON.parse(status.out)).toMatchObject({
      isClosed: true,
      totals: { migrated: cli.totals.migrated, quarantined: cli.totals.quarantined, unsettled: 0 },
    });

    const rolledBack = await statebag(scratch.dir, [
      'rollback',
      '--journal',
      'map',
      '--apply',
      '--json',
      ...byMap.options,
    ]);
    expect(JSON.parse(rolledBack.out)).toMatchObject({ totals: { rolledBack: cli.totals.migrated, failed: 0 } });
    const originals = [...made.census, ...made.others].map(
      ([key, bytes]) => [`s3://paused/${key}`, createHash('sha256').update(bytes).digest('hex')] as const,
    );
    expect(await digestsOf(byMap, ['paused'])).toEqual(Object.fromEntries(originals));
  });
});
