import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { s3ObjectStore } from 'statebag-shim/s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pausedRow } from '../batch/rows.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import { startS3Server } from '../fakes/s3-server.js';
import { TableState } from '../fakes/table-state.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';
import type { RanOptions } from './terminal.js';

/** Every run and its journal account for each document once, and agree on every figure that both have. */

const scratch = useScratch();
const DOCUMENTS = 15;
const ended: (() => Promise<void>)[] = [];

beforeEach(() => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  // A file in place of the directory of this owner's blobs.
  mkdirSync(join(scratch.dir, 'store', 'local', 'workflow-configs'), { recursive: true });
  writeFileSync(join(scratch.dir, 'store', 'local', 'workflow-configs', 'blocked'), '');
});
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

/** Of five documents two are migrated, one is quarantined, one is unchanged, and one fails. */
function textOf(at: number): string {
  const workflowId = `wf-${at}`;
  return [smallBag({ workflowId }), smallBag({ workflowId }), '{oops', '{"a":1}', smallBag({ ownerId: 'blocked' })][
    at % 5
  ]!;
}

/** Makes the documents. Resolves to the arguments that reach them. */
type MakeSource = () => Promise<readonly string[]>;

function makeFiles(): Promise<readonly string[]> {
  mkdirSync(join(scratch.dir, 'bags'));
  for (let at = 0; at < DOCUMENTS; at++)
    writeFileSync(join(scratch.dir, 'bags', `${String(at).padStart(2, '0')}.json`), textOf(at));
  return Promise.resolve(['bags']);
}

function makeLines(): Promise<readonly string[]> {
  mkdirSync(join(scratch.dir, 'bags'));
  for (const file of [0, 1, 2])
    writeFileSync(
      join(scratch.dir, 'bags', `${file}.ndjson`),
      [0, 1, 2, 3, 4].map((at) => `${textOf(5 * file + at)}\n`).join(''),
    );
  return Promise.resolve(['bags']);
}

async function makeObjects(): Promise<readonly string[]> {
  const server = await startS3Server({ buckets: ['docs'] });
  ended.push(() => server.stop());
  const objects = s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' });
  for (let at = 0; at < DOCUMENTS; at++)
    await objects.put({ bucket: 'docs', key: `p/${String(at).padStart(2, '0')}` }, Buffer.from(textOf(at)));
  return ['s3://docs/p/', '--endpoint', server.endpoint, '--region', 'eu-central-1'];
}

async function makeRows(): Promise<readonly string[]> {
  const state = new TableState('Tokens');
  for (let at = 0; at < DOCUMENTS; at++) {
    const row = pausedRow(`e${String(at).padStart(2, '0')}`);
    const contexts = [
      row.context!,
      row.context!,
      { S: smallBag({ ownerId: 'other' }) },
      { S: '{"a":1}' },
      row.context!,
    ];
    state.put({ ...row, context: contexts[at % 5]! });
  }
  const server = await startDynamoDbServer({
    tables: [state],
    fault: ({ operation, body }) =>
      operation === 'UpdateItem' && /:e(04|09|14)"/.test(JSON.stringify(body))
        ? { moment: 'before', status: 400, type: 'AccessDeniedException' }
        : undefined,
  });
  ended.push(() => server.stop());
  return ['dynamodb://Tokens', '--dynamodb-endpoint', server.endpoint, '--region', 'eu-central-1'];
}

type Totals = Readonly<Record<string, number>>;

interface Books {
  readonly run: Totals;
  readonly journal: Totals;
  /** Of the journal; null when it is not known. */
  readonly notStarted: number | null;
}

function sum(totals: Totals, ...names: readonly string[]): number {
  return names.reduce((all, name) => all + totals[name]!, 0);
}

async function statusOf(): Promise<{ readonly totals: Totals; readonly notStarted: number | null }> {
  const { out } = await statebag(scratch.dir, ['status', '--journal', 'j', '--json']);
  const status = JSON.parse(out) as { readonly totals: Totals; readonly notStarted: number | null };
  const { totals } = status;
  expect(totals.documents).toBe(
    sum(totals, 'migrated', 'unchanged', 'quarantined', 'failed', 'rolledBack', 'unsettled'),
  );
  const report = await statebag(scratch.dir, ['report', '--journal', 'j', '--json']);
  expect((JSON.parse(report.out) as { readonly totals: Totals }).totals).toEqual(totals);
  return status;
}

async function migrate(args: readonly string[], options: RanOptions = {}): Promise<Books> {
  const { out } = await statebag(
    scratch.dir,
    ['migrate', ...args, '--store', 'store', '--journal', 'j', '--apply', '--json', '--concurrency', '1'],
    options,
  );
  const { totals, documents } = JSON.parse(out) as {
    readonly totals: Totals;
    readonly documents: readonly Readonly<Record<string, unknown>>[];
  };
  expect(totals.documents).toBe(sum(totals, 'migrated', 'unchanged', 'quarantined', 'failed', 'notStarted'));
  expect(totals.documents).toBe(documents.filter(({ subject }) => subject === undefined).length);
  const migrated = documents.filter(({ outcome }) => outcome === 'migrated');
  for (const name of ['bytesBefore', 'bytesAfter'] as const)
    expect(totals[name]).toBe(migrated.reduce((all, document) => all + (document[name] as number), 0));
  const { totals: journal, notStarted } = await statusOf();
  return { run: totals, journal, notStarted };
}

const SHARED = ['migrated', 'quarantined', 'failed', 'containersFailed', 'bytesBefore', 'bytesAfter'];

/** Of a run with a new journal, which lacks only the unchanged documents before its first entry. */
function expectSame({ run, journal }: Books): void {
  for (const name of [...SHARED, 'blobsWritten', 'blobsReused'])
    expect([name, journal[name]]).toEqual([name, run[name]]);
  expect(journal.unchanged).toBeLessThanOrEqual(run.unchanged!);
  expect(journal.documents! - journal.unchanged!).toBe(run.documents! - run.unchanged! - run.notStarted!);
}

/** A terminal that sends SIGINT when the clock is asked for the nth time: in the middle of a document. */
function stoppedAt(nth: number): RanOptions {
  let asked = 0;
  let send: (signal: 'SIGINT') => void = () => undefined;
  return {
    onStart: (given) => (send = given),
    get now() {
      if (++asked === nth) send('SIGINT');
      return new Date('2026-02-01T08:00:00.000Z');
    },
  };
}

describe.each<[string, MakeSource]>([
  ['files', makeFiles],
  ['lines', makeLines],
  ['objects', makeObjects],
  ['rows', makeRows],
])('the books of runs over %s', { timeout: 120_000 }, (kind, make) => {
  const COMPLETE = { migrated: 6, quarantined: 3, failed: 3 };

  it('count each document once, and a journal has the figures of its run', async () => {
    const books = await migrate(await make());
    expect(books.run).toMatchObject({ ...COMPLETE, documents: DOCUMENTS, unchanged: 3, notStarted: 0 });
    expectSame(books);
    expect(books.notStarted).toBe(0);
    const { out } = await statebag(scratch.dir, ['report', '--journal', 'j']);
    expect(out).toMatch(/^bytes before +\S+ (K?B) {2}of migrated documents$/m);
  });

  it.each([
    ['SIGINT', [], stoppedAt],
    ['--limit', ['--limit', '7'], () => ({})],
    ['--max-failures', ['--max-failures', '2'], () => ({})],
  ] as const)('hold when a run is ended by %s, and after the next run', async (_, more, options) => {
    const source = await make();
    const first = await migrate([...source, ...more], options(9));
    expectSame(first);
    expect(first.run.migrated).toBeLessThan(6);
    if (more[0] !== '--limit' && kind !== 'rows')
      expect(first.notStarted).toBe(sum(first.run, 'notStarted', 'containersNotStarted'));
    const next = await migrate(source);
    expect(next.run).toMatchObject({ documents: DOCUMENTS, notStarted: 0, quarantined: 3, failed: 3 });
    expect(next.journal).toMatchObject(COMPLETE);
    expect(next.notStarted).toBe(0);
    for (const name of ['bytesBefore', 'bytesAfter'])
      expect(next.journal[name]).toBe(first.run[name]! + next.run[name]!);
  });

  it('hold when a result is lost, and after a rollback', async () => {
    const source = await make();
    await migrate(source);
    const path = join(scratch.dir, 'j', 'journal.ndjson');
    const lines = readFileSync(path, 'utf8').split('\n');
    const lost = lines.findLastIndex((line) => line.includes('"outcome":"migrated"'));
    writeFileSync(path, lines.filter((line, at) => at !== lost && !line.includes('"kind":"end"')).join('\n'));
    expect((await statusOf()).totals).toMatchObject({ migrated: 5, unsettled: 1 });
    expect((await migrate(source)).journal).toMatchObject({ ...COMPLETE, unsettled: 0 });
    await statebag(scratch.dir, ['rollback', '--journal', 'j', '--apply', ...source.slice(1)]);
    expect((await statusOf()).totals).toMatchObject({ migrated: 0, rolledBack: 6, bytesBefore: 0, bytesAfter: 0 });
  });
});
