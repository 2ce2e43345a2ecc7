import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveCensus } from '../lambda/census.js';
import type { CensusServer } from '../lambda/census.js';
import { smallBag } from './fleet-dir.js';
import { digests, statebag, useScratch } from './terminal.js';

const scratch = useScratch();
let served: CensusServer;

beforeEach(async () => {
  const census = new Map([
    ['bags/a b+,.json', smallBag()],
    ['bags/c.json', smallBag({ workflowId: 'wf-2' })],
    ['bags/bad.json', '{'],
    ['bags/foreign.json', '{"a":1}'],
    ['export/x.ndjson', `${smallBag()}\n`.repeat(5)],
  ]);
  served = await serveCensus({
    census: new Map(Array.from(census, ([key, text]) => [key, Buffer.from(text)])),
    others: new Map(),
  });
});

afterEach(() => served.stop());

const fleet = (...args: string[]) => statebag(scratch.dir, ['fleet', ...args, ...served.options]);

describe('fleet manifest', () => {
  it('lists objects for S3 Batch Operations, URL-encoded and quoted', async () => {
    const { code, out } = await fleet('manifest', 's3://paused/bags/', '--format', 'csv');
    expect([code, out.trimEnd().split('\n')]).toEqual([
      0,
      ['paused,bags/a+b%2B%2C.json', 'paused,bags/bad.json', 'paused,bags/c.json', 'paused,bags/foreign.json'],
    ]);
  });

  it('lists items for a Distributed Map, and takes the form from the name of the file', async () => {
    expect((await fleet('manifest', 's3://paused/bags/', '--out', 'm.jsonl')).code).toBe(0);
    expect(readFileSync(join(scratch.dir, 'm.jsonl'), 'utf8').split('\n')[0]).toBe(
      '{"id":"s3://paused/bags/a b+,.json"}',
    );
  });

  it('lists of a census only what is to be migrated', async () => {
    const { out: census } = await statebag(scratch.dir, ['inspect', 's3://paused/', '--json', ...served.options]);
    writeFileSync(join(scratch.dir, 'census.json'), census);
    const { out } = await fleet('manifest', '--census', 'census.json');
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id)
        .sort(),
    ).toEqual(['s3://paused/bags/a b+,.json', 's3://paused/bags/c.json', 's3://paused/export/x.ndjson']);
  });

  it('lists an inventory, with versions where it has them, and only current objects', async () => {
    const rows =
      '"paused","bags/a+b%2B%2C.json","v1","true","false","10"\n"paused","bags/a+b%2B%2C.json","v0","false","false","9"\n"paused","gone.json","v3","true","true",""\n';
    await served.objects.put({ bucket: 'fleet', key: 'inventory/data.csv.gz' }, gzipSync(rows));
    const manifest = {
      sourceBucket: 'paused',
      fileFormat: 'CSV',
      fileSchema: 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size',
      files: [{ key: 'inventory/data.csv.gz' }],
    };
    await served.objects.put(
      { bucket: 'fleet', key: 'inventory/manifest.json' },
      Buffer.from(JSON.stringify(manifest)),
    );
    expect((await fleet('manifest', '--inventory', 's3://fleet/inventory/manifest.json', '--format', 'csv')).out).toBe(
      'paused,bags/a+b%2B%2C.json,v1\n',
    );
  });

  it('cuts an export into ranges of lines', async () => {
    const { out } = await fleet('manifest', 's3://paused/export/', '--lines', '2');
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(
      [
        [1, 2],
        [3, 4],
        [5, 5],
      ].map((lines) => ({ id: 's3://paused/export/x.ndjson', lines })),
    );
  });

  it('lists only what failed, of a journal', async () => {
    await statebag(scratch.dir, [
      'migrate',
      's3://paused/bags/',
      '--store',
      's3://blobs',
      '--apply',
      '--journal',
      'j',
      ...served.options,
    ]);
    expect((await fleet('manifest', '--only-failed', '--journal', 'j')).out).toBe(
      '{"id":"s3://paused/bags/bad.json"}\n',
    );
  });

  it.each([
    [['manifest'], 'USAGE'],
    [['manifest', 's3://paused/bags/', '--format', 'xml'], 'USAGE'],
    [['manifest', '--inventory', 's3://paused/bags/foreign.json'], 'INVENTORY_INVALID'],
    [['manifest', '--census', 'none.json'], 'CENSUS_INVALID'],
    [['sail'], 'USAGE'],
    [['collect', '--journal', 'j', '--store', 's3://blobs'], 'USAGE'],
    [
      [
        'collect',
        's3://paused/bags/foreign.json',
        '--records',
        's3://fleet/records',
        '--journal',
        'j',
        '--store',
        's3://blobs',
      ],
      'REPORT_INVALID',
    ],
    [['plan'], 'USAGE'],
  ])('refuses %j', async (args, code) => {
    const ran = await fleet(...args);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(code)]);
  });
});

describe('fleet plan', () => {
  it('says what each engine would take, and writes nothing', async () => {
    const { code, out } = await fleet(
      'plan',
      's3://paused/',
      '--store',
      's3://blobs',
      '--objects',
      '1000000',
      '--json',
    );
    const { shape, estimates } = JSON.parse(out) as {
      shape: { documents: number };
      estimates: { engine: string; seconds: { least: number; most: number }; bottleneck: string }[];
    };
    expect([code, shape.documents, estimates.map(({ engine }) => engine)]).toEqual([
      0,
      1_000_000,
      ['cli', 's3-batch', 'map'],
    ]);
    for (const { seconds } of estimates) expect(seconds.least).toBeGreaterThan(1);
    expect(
      served.server.requests.filter(({ operation, bucket }) => operation === 'PutObject' && bucket !== 'paused'),
    ).toEqual([]);
  });

  it('names no price', async () => {
    const { out } = await fleet('plan', 's3://paused/', '--store', 's3://blobs', '--objects', '1000000');
    expect(out).not.toMatch(/\$|money|dollar/);
  });

  it('reckons with the rates that it is given, and refuses a price', async () => {
    const plan = (...more: string[]) => fleet('plan', 's3://paused/', '--store', 's3://blobs', '--json', ...more);
    writeFileSync(join(scratch.dir, 'mine.json'), '{"putsPerPrefix":1}');
    const { estimates } = JSON.parse((await plan('--rates', 'mine.json')).out) as {
      estimates: { bottleneck: string }[];
    };
    expect(estimates[0]!.bottleneck).toBe('S3 writes per prefix');
    writeFileSync(join(scratch.dir, 'mine.json'), '{"s3PutPer1000":0.005}');
    expect((await plan('--rates', 'mine.json')).err).toContain('RATES_INVALID');
  });
});

describe('fleet plan over documents that share their blobs', () => {
  /** Twelve bags of three workflows, and as many documents without a bag. */
  const writeFleet = () => {
    mkdirSync(join(scratch.dir, 'fleet'));
    for (let at = 0; at < 12; at++) {
      const program = `"${'abc'[at % 3]}"`;
      writeFileSync(
        join(scratch.dir, 'fleet', `bag-${at}.json`),
        smallBag({ workflowId: `wf-${at % 3}` }).replaceAll('"a"', program),
      );
      writeFileSync(join(scratch.dir, 'fleet', `other-${at}.json`), '{"a":1}');
    }
  };

  const plan = async (...more: readonly string[]) => {
    writeFleet();
    const { out } = await statebag(scratch.dir, ['fleet', 'plan', 'fleet', '--store', 'store', ...more]);
    return out;
  };

  it('gives the new blobs of a larger fleet as a range: those of the sample, and its share of all', async () => {
    const { shape, estimates } = JSON.parse(await plan('--objects', '2400', '--json')) as {
      shape: Record<string, unknown>;
      estimates: { requests: { least: Record<string, number>; most: Record<string, number> } }[];
    };
    expect(shape).toMatchObject({ documents: 2_400, sample: 24, blobs: 3, newBlobs: { least: 9, most: 900 } });
    expect(estimates[0]!.requests.least.s3Puts).toBe(1_200 + 9);
    expect(estimates[0]!.requests.most.s3Puts).toBe(1_200 + 900);
  });

  it('gives one number when the sample is the whole fleet', async () => {
    expect(JSON.parse(await plan('--json'))).toMatchObject({ shape: { newBlobs: { least: 9, most: 9 } } });
  });

  it('says sizes without a long fraction', async () => {
    const size = smallBag({ workflowId: 'wf-0' }).length;
    const { shape } = JSON.parse(await plan('--json')) as { shape: { bytesBefore: number; migratedBytes: number } };
    expect([shape.bytesBefore, shape.migratedBytes >= size]).toEqual([(size + 7) / 2, true]);
    const out = await statebag(scratch.dir, ['fleet', 'plan', 'fleet', '--store', 'store', '--objects', '7777777']);
    expect(out.out).toMatch(/bytes each +258 B +then \d+ B/);
    expect(out.out).toMatch(/new blobs +9 to 2,916,666 +at least those of the sample, at most its share of all/);
  });
});

describe('fleet collect', () => {
  it('makes what a dead fleet left behind pending, for the next run to settle', async () => {
    const { AMPLE, sandbox } = await import('../lambda/census.js');
    await sandbox(served).s3Batch(
      {
        invocationSchemaVersion: '2.0',
        invocationId: 'i',
        job: { id: 'j' },
        tasks: [{ taskId: 't', s3Key: 'bags/c.json', s3Bucket: 'paused' }],
      },
      AMPLE,
    );
    const collect = ['collect', '--records', 's3://fleet/records', '--store', 's3://blobs', '--journal', 'j', '--json'];
    const first = await fleet(...collect);
    expect(JSON.parse(first.out)).toMatchObject({ totals: { documents: 1, notStarted: 1 } });
    const again = await statebag(scratch.dir, [
      'migrate',
      's3://paused/bags/c.json',
      '--store',
      's3://blobs',
      '--apply',
      '--journal',
      'j',
      '--json',
      ...served.options,
    ]);
    expect(JSON.parse(again.out)).toMatchObject({ documents: [{ outcome: 'migrated', code: 'RECOVERED' }] });
  });

  it('done again after a rollback does not say that anything is migrated', async () => {
    const { AMPLE, sandbox } = await import('../lambda/census.js');
    const { runBatchJob } = await import('../lambda/services.js');
    const report = await runBatchJob(['bags/c.json'], [sandbox(served).s3Batch], served.objects, {
      seed: 1,
      againEvery: 2,
      concurrency: 1,
      context: AMPLE,
    });
    const collect = [
      'collect',
      report,
      '--records',
      's3://fleet/records',
      '--store',
      's3://blobs',
      '--journal',
      'j',
      '--json',
    ];
    expect(JSON.parse((await fleet(...collect)).out)).toMatchObject({ totals: { migrated: 1 } });
    const back = await statebag(scratch.dir, ['rollback', '--journal', 'j', '--apply', '--json', ...served.options], {
      now: new Date('2027-01-01T00:00:00Z'),
    });
    expect(JSON.parse(back.out)).toMatchObject({ totals: { rolledBack: 1 } });
    await fleet(...collect);
    expect(JSON.parse((await statebag(scratch.dir, ['status', '--journal', 'j', '--json'])).out)).toMatchObject({
      totals: { migrated: 0, rolledBack: 1 },
    });
  });

  it('with --dry-run gives the figures of the real thing, and leaves a journal as it is or away', async () => {
    const put = (key: string, text: string) => served.objects.put({ bucket: 'fleet', key }, Buffer.from(text));
    const message = JSON.stringify({ counts: { 'not-started': 1 } }).replaceAll('"', '""');
    await put('reports/results.csv', `paused,bags/c.json,,failed,TemporaryFailure,200,"${message}"\n`);
    await put('reports/manifest.json', JSON.stringify({ Results: [{ Bucket: 'fleet', Key: 'reports/results.csv' }] }));
    const collect = ['collect', 's3://fleet/reports/manifest.json', '--records', 's3://fleet/records'];
    const args = [...collect, '--store', 's3://blobs', '--journal', 'j', '--json'];
    const expected = { totals: { documents: 1, failed: 1 }, documents: [{ id: 's3://paused/bags/c.json' }] };
    const dry = await fleet(...args, '--dry-run');
    expect([dry.code, JSON.parse(dry.out)]).toMatchObject([1, expected]);
    expect(digests(scratch.dir)).toEqual({});
    await fleet(...args);
    const written = digests(scratch.dir);
    expect(Object.keys(written)).toEqual(['j/journal.ndjson']);
    expect(JSON.parse((await fleet(...args, '--dry-run')).out)).toMatchObject({ totals: { documents: 1, failed: 1 } });
    expect(digests(scratch.dir)).toEqual(written);
  });

  it('counts documents that a task did not start as failed, until a run has taken them', async () => {
    const put = (key: string, text: string) => served.objects.put({ bucket: 'fleet', key }, Buffer.from(text));
    const message = JSON.stringify({ counts: { 'not-started': 1 } }).replaceAll('"', '""');
    await put('reports/results.csv', `paused,bags/c.json,,failed,TemporaryFailure,200,"${message}"\n`);
    await put('reports/manifest.json', JSON.stringify({ Results: [{ Bucket: 'fleet', Key: 'reports/results.csv' }] }));
    const collected = await fleet(
      'collect',
      's3://fleet/reports/manifest.json',
      '--records',
      's3://fleet/records',
      '--store',
      's3://blobs',
      '--journal',
      'j',
      '--json',
    );
    expect(collected.code).toBe(1);
    expect(JSON.parse(collected.out)).toMatchObject({
      totals: { documents: 1, failed: 1 },
      documents: [{ id: 's3://paused/bags/c.json', code: 'RUN_STOPPED' }],
    });
    expect((await statebag(scratch.dir, ['status', '--journal', 'j'])).code).toBe(1);
    const args = [
      'migrate',
      's3://paused/bags/',
      '--store',
      's3://blobs',
      '--apply',
      '--journal',
      'j',
      '--only-failed',
      '--json',
      ...served.options,
    ];
    expect(JSON.parse((await statebag(scratch.dir, args)).out)).toMatchObject({
      totals: { documents: 1, migrated: 1 },
    });
    expect((await statebag(scratch.dir, ['status', '--journal', 'j'])).code).toBe(0);
  });
});
