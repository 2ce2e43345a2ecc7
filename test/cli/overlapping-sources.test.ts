import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { s3ObjectStore } from 'statebag-shim/s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pausedRow } from '../batch/rows.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import { startS3Server } from '../fakes/s3-server.js';
import { TableState } from '../fakes/table-state.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const STORE = ['--store', 'store', '--journal', 'j'];

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly { readonly id: string }[];
  readonly inventory: { readonly skipped: number; readonly empty: number };
}

async function json(...args: readonly string[]): Promise<Report> {
  const { out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return JSON.parse(out) as Report;
}

function expectOnce({ documents }: Report): void {
  const ids = documents.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
}

function put(name: string, content: string): void {
  mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
  writeFileSync(join(scratch.dir, name), content);
}

const bag = (at: number) => smallBag({ workflowId: `wf-${at}` });

describe('sources that have files in common', () => {
  beforeEach(() => {
    put('d/a.json', bag(0));
    put('d/x.json', bag(1));
    put('d/sub/b.json', bag(2));
    put('d/sub/lines.ndjson', `${bag(3)}\n${bag(4)}\n`);
    put('d/sub/note.txt', 'not read');
    symlinkSync('d', join(scratch.dir, 'link'));
  });

  it.each([
    ['a directory and one below it', ['d', 'd/sub'], 5],
    ['one below a directory and the directory', ['d/sub', 'd'], 5],
    ['a directory, a file in it and a glob', ['d', 'd/x.json', 'd/*'], 5],
    ['a file given twice', ['d/a.json', 'd/a.json'], 1],
    ['a file of lines given twice', ['d/sub/lines.ndjson', 'd/sub/../sub/lines.ndjson'], 2],
    ['a directory and a link to it', ['d', 'link'], 5],
    ['a link to a directory and a file in the directory', ['link', 'd/a.json'], 5],
  ])('are read once: %s', async (_, sources, count) => {
    const dry = await json('migrate', ...sources, ...STORE);
    expect(dry.totals).toMatchObject({ documents: count, migrated: count });
    expect((await json('inspect', ...sources)).totals).toMatchObject({ documents: count });
    const applied = await json('migrate', ...sources, ...STORE, '--apply');
    expect(applied.totals).toMatchObject({ documents: count, migrated: count, unchanged: 0, failed: 0 });
    for (const report of [dry, applied]) expectOnce(report);
    expect((await json('status', '--journal', 'j')).totals).toMatchObject({ documents: count, migrated: count });
    expect((await json('verify', '--journal', 'j')).totals).toMatchObject({ documents: count, verified: count });
    const again = await json('migrate', ...sources, ...STORE, '--apply');
    expect(again.totals).toMatchObject({ documents: count, unchanged: count });
  });

  it('have each skipped file counted once', async () => {
    expect((await json('migrate', 'd', 'd/sub', 'link', ...STORE)).inventory.skipped).toBe(1);
  });

  it('have each document that --limit left counted once', async () => {
    await json('migrate', 'd', 'd/sub', ...STORE, '--apply', '--limit', '1', '--concurrency', '1');
    const { unfinished } = (await json('status', '--journal', 'j')) as unknown as {
      readonly unfinished: readonly { readonly notStarted: unknown }[];
    };
    expect(unfinished[0]!.notStarted).toMatchObject({ documents: 0, containers: 3 });
  });

  it('have each document in one shard', async () => {
    const counts = await Promise.all(
      ['1/2', '2/2'].map(async (shard) => {
        const { totals } = await json('migrate', 'd', 'd/sub', 'link', ...STORE, '--shard', shard);
        return totals.documents!;
      }),
    );
    expect(counts[0]! + counts[1]!).toBe(5);
  });

  it('have each document in a plan and in the copies once', async () => {
    await json('migrate', 'd', 'd/sub', ...STORE, '--plan-out', 'plan');
    const planned = await json('migrate', 'd', 'd/sub', ...STORE, '--plan', 'plan', '--apply', '--out', 'copies/');
    expect(planned.totals).toMatchObject({ documents: 5, migrated: 5, failed: 0 });
  });

  it('have each document that can-contract finds counted once', async () => {
    const { totals, inventory } = await json('can-contract', 'd/a.json', 'd/a.json', 'd/x.json');
    expect([totals, inventory]).toMatchObject([
      { documents: 2, needing: 2 },
      { read: 2, empty: 0 },
    ]);
  });
});

describe('sources that have objects or rows in common', () => {
  const ended: (() => Promise<void>)[] = [];
  beforeEach(() => {
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  });
  afterEach(async () => {
    for (const end of ended.splice(0)) await end();
  });

  it('are read once: two prefixes of a bucket', async () => {
    const server = await startS3Server({ buckets: ['docs'] });
    ended.push(() => server.stop());
    const reach = ['--endpoint', server.endpoint, '--region', 'eu-central-1'];
    const objects = s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' });
    for (const [at, key] of ['p/a', 'p/q/b', 'p/q/c'].entries())
      await objects.put({ bucket: 'docs', key }, Buffer.from(bag(at)));
    const report = await json('migrate', 's3://docs/p/', 's3://docs/p/q/', ...STORE, ...reach, '--apply');
    expect(report.totals).toMatchObject({ documents: 3, migrated: 3, unchanged: 0 });
    expectOnce(report);
    expect((await json('status', '--journal', 'j')).totals).toMatchObject({ documents: 3, migrated: 3 });
  });

  it('are read once: a table given twice', async () => {
    const state = new TableState('Tokens');
    for (let at = 0; at < 3; at++) state.put(pausedRow(`e${at}`));
    const server = await startDynamoDbServer({ tables: [state] });
    ended.push(() => server.stop());
    const reach = ['--dynamodb-endpoint', server.endpoint, '--region', 'eu-central-1'];
    const report = await json('migrate', 'dynamodb://Tokens', 'dynamodb://Tokens', ...STORE, ...reach, '--apply');
    expect(report.totals).toMatchObject({ documents: 3, migrated: 3, unchanged: 0 });
    expectOnce(report);
  });
});
