import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MapAnswer, MapEvent } from 'statebag-shim/lambda/map-item';
import { TableState } from '../fakes/table-state.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import type { DynamoDbServer } from '../fakes/dynamodb-server.js';
import { smallBag } from '../cli/fleet-dir.js';
import { statebag, useScratch } from '../cli/terminal.js';
import { AMPLE, sandbox, serveCensus } from './census.js';
import type { CensusServer, Sandbox } from './census.js';
import type { MapItem } from './services.js';

const EXPORT =
  Array.from({ length: 10 }, (_, at) => (at === 4 ? '{"broken"' : smallBag({ current_state: { at } }))).join('\n') +
  '\n';

const scratch = useScratch();
let served: CensusServer;
let tables: DynamoDbServer;
let table: TableState;
let fleet: Sandbox;

beforeEach(async () => {
  const census = new Map([
    ['bags/a b.json', Buffer.from(smallBag())],
    ['bags/c.json', Buffer.from('{')],
    ['export/x.ndjson', Buffer.from(EXPORT)],
    ['export/cut-off.ndjson', Buffer.from('\n')],
  ]);
  served = await serveCensus({ census, others: new Map() });
  table = new TableState('Tokens');
  table.put({
    ownerId: { S: 'owner-1' },
    conversation_id: { S: 'c/1' },
    taskToken: { S: 'secret' },
    context: { S: smallBag() },
  });
  tables = await startDynamoDbServer({ tables: [table] });
  fleet = sandbox(served, { STATEBAG_DYNAMODB_ENDPOINT: tables.endpoint, STATEBAG_OUT: 's3://fleet/out' });
});

afterEach(() => Promise.all([served.stop(), tables.stop()]));

const handle = (event: MapEvent | MapItem, context = AMPLE): Promise<MapAnswer> => fleet.mapItem(event, context);
const text = async (bucket: string, key: string) =>
  Buffer.from((await served.objects.get({ bucket, key })).bytes).toString();

describe('items of a Map', () => {
  it.each([
    ['a line of a manifest', { Items: [{ id: 's3://paused/bags/a b.json' }] }],
    ['a row of an inventory', { Items: [{ Bucket: 'paused', Key: 'bags/a+b.json' }], encodedKeys: true }],
    ['an element of a listing', { Items: [{ Key: 'bags/a b.json' }], BatchInput: { bucket: 'paused' } }],
  ])('may be %s', async (_what, event) => {
    expect(await handle(event)).toMatchObject({
      counts: { migrated: 1 },
      answers: [{ id: 's3://paused/bags/a b.json', result: { outcome: 'migrated' } }],
    });
    expect(await text('paused', 'bags/a b.json')).toContain('"state_bag_version":2');
  });

  it('fails when no document is in its object, as after an export that broke off', async () => {
    expect(await handle({ id: 's3://paused/export/cut-off.ndjson' })).toMatchObject({
      counts: { failed: 1 },
      answers: [{ result: { outcome: 'failed', subject: 'container', code: 'FILE_EMPTY' } }],
    });
  });

  it('may come alone', async () => {
    expect(await handle({ id: 's3://paused/bags/a b.json' })).toMatchObject({ counts: { migrated: 1 } });
  });

  it('may be the key of a task token', async () => {
    fleet = sandbox(served, { STATEBAG_DYNAMODB_ENDPOINT: tables.endpoint, STATEBAG_TO: 'bridge' });
    const event = { Items: [{ id: 'dynamodb://Tokens/owner-1/c%2F1' }, { id: 'dynamodb://Tokens/owner-1/gone' }] };
    const first = await handle(event);
    expect(first).toMatchObject({
      counts: { migrated: 1, unchanged: 1 },
      answers: [
        { result: { outcome: 'migrated', generation: 'fat' } },
        { result: { outcome: 'unchanged', code: 'ROW_GONE' } },
      ],
    });
    expect((await handle(event)).answers[0]).toEqual(first.answers[0]);
  });

  it('may be lines of an export: their copies keep order and numbers, and their source stays', async () => {
    const answer = await handle({ Items: [{ id: 's3://paused/export/x.ndjson', lines: [4, 7] }] });
    expect(answer.counts).toEqual({ migrated: 3, quarantined: 1 });
    expect(await text('paused', 'export/x.ndjson')).toBe(EXPORT);
    const lines = (await text('fleet', 'out/paused/export/x.ndjson/L000000004-L000000007.ndjson'))
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => /"at":\d/.exec(line)?.[0] ?? line)).toEqual(['"at":3', '{"broken"', '"at":5', '"at":6']);
    expect(await handle({ Items: [{ id: 's3://paused/export/x.ndjson', lines: [4, 7] }] })).toEqual(answer);
  });

  it('each say what is wrong with them, and do not harm the others', async () => {
    const event = {
      Items: [
        { id: 's3://paused/bags/c.json' },
        { id: 'ftp://x/y' },
        { nothing: true } as unknown as MapItem,
        { id: 's3://paused/bags/a b.json', lines: [3, 1] as const },
        { id: 's3://paused/bags/a b.json' },
      ],
    };
    const { counts, answers } = await handle(event);
    expect(counts).toEqual({ migrated: 1, quarantined: 1, failed: 3 });
    expect(answers.map((answer) => ('result' in answer ? (answer.result.code ?? answer.result.outcome) : ''))).toEqual([
      expect.stringMatching(/./),
      'ITEM_INVALID',
      'ITEM_INVALID',
      'ITEM_INVALID',
      'migrated',
    ]);
  });
});

describe('a batch of a Map', () => {
  const both = { Items: [{ id: 's3://paused/bags/a b.json' }, { id: 's3://paused/bags/c.json' }] };

  it('that may go well later throws the error that a Retry knows', async () => {
    served.server.inject({ operation: 'PutObject', kind: 'slow-down', times: 100 });
    await expect(handle(both)).rejects.toMatchObject({
      name: 'StateBagRetryableError',
      message: expect.stringContaining('STORE_UNAVAILABLE') as string,
    });
  });

  it('reports what did not go well at the last attempt', async () => {
    served.server.inject({ operation: 'PutObject', kind: 'slow-down', times: 100 });
    const { counts, answers } = await handle({ ...both, attempt: 5, lastAttempt: 5 });
    expect(counts).toEqual({ failed: 1, quarantined: 1 });
    expect(answers[0]).toMatchObject({ result: { code: 'STORE_UNAVAILABLE' } });
  });

  it('with too many findings fails, and collect still finds every result', async () => {
    const failure = await handle({ ...both, toleratedPercent: 10 }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ name: 'StateBagTooManyFindingsError' });
    const child = {
      Input: JSON.stringify(both),
      Status: 'FAILED',
      Error: 'StateBagTooManyFindingsError',
      Cause: JSON.stringify({ errorMessage: (failure as Error).message }),
    };
    await served.objects.put({ bucket: 'fleet', key: 'run/FAILED_0.json' }, Buffer.from(JSON.stringify([child])));
    await served.objects.put(
      { bucket: 'fleet', key: 'run/manifest.json' },
      Buffer.from(
        JSON.stringify({
          DestinationBucket: 'fleet',
          ResultFiles: { FAILED: [{ Key: 'run/FAILED_0.json' }], SUCCEEDED: [] },
        }),
      ),
    );
    const { out, code } = await statebag(scratch.dir, [
      'fleet',
      'collect',
      's3://fleet/run/manifest.json',
      '--records',
      's3://fleet/records',
      '--store',
      's3://blobs',
      '--journal',
      'j',
      '--json',
      ...served.options,
    ]);
    expect([code, (JSON.parse(out) as { totals: object }).totals]).toEqual([
      1,
      expect.objectContaining({ documents: 2, migrated: 1, quarantined: 1 }),
    ]);
  });

  it('for which there is no time is retried, and says so at the end', async () => {
    const late = { getRemainingTimeInMillis: () => 1_000 };
    await expect(handle(both, late)).rejects.toMatchObject({ name: 'StateBagRetryableError' });
    expect((await handle({ ...both, attempt: 5 }, late)).counts).toEqual({ 'not-started': 2 });
  });

  it('whose rows wait for a table that throttles ends before its deadline and is retried', async () => {
    let isThrottling = true;
    await tables.stop();
    tables = await startDynamoDbServer({
      tables: [table],
      fault: ({ operation }) =>
        isThrottling && operation === 'UpdateItem'
          ? { moment: 'before', status: 400, type: 'ThrottlingException' }
          : undefined,
    });
    fleet = sandbox(served, {
      STATEBAG_DYNAMODB_ENDPOINT: tables.endpoint,
      STATEBAG_TO: 'bridge',
      STATEBAG_DEADLINE_MARGIN_MS: '20000',
    });
    const event = { Items: [{ id: 'dynamodb://Tokens/owner-1/c%2F1' }] };
    const started = performance.now();
    // One second until nothing is begun any more, 16 more until an answer must go out.
    const context = { getRemainingTimeInMillis: () => 21_000 };
    await expect(handle(event, context)).rejects.toMatchObject({
      name: 'StateBagRetryableError',
      message: expect.stringContaining('RUN_STOPPED') as string,
    });
    expect(performance.now() - started).toBeLessThan(6_000);

    isThrottling = false;
    expect(await handle(event)).toMatchObject({
      counts: { migrated: 1 },
      answers: [{ result: { outcome: 'migrated' } }],
    });
  });

  it.each([[null], [{ Items: 'none' }]])('that is none (%j) is refused', async (event) => {
    await expect(handle(event as unknown as MapEvent)).rejects.toMatchObject({ code: 'EVENT_INVALID' });
  });
});

describe('a batch without an answer', () => {
  const object = 's3://paused/bags/a b.json';
  const broken = 's3://paused/bags/c.json';
  const row = 'dynamodb://Tokens/owner-1/c%2F1';
  const batch = { Items: [{ id: object }, { id: row }] };

  /** The result file of a child execution that timed out, and what `fleet collect` makes of it. */
  async function collectTimedOut(event: object, children: readonly object[] = [{ Error: 'States.Timeout' }]) {
    const failed = children.map((child) => ({ Input: JSON.stringify(event), Status: 'FAILED', ...child }));
    await served.objects.put({ bucket: 'fleet', key: 'run/FAILED_0.json' }, Buffer.from(JSON.stringify(failed)));
    const manifest = { DestinationBucket: 'fleet', ResultFiles: { FAILED: [{ Key: 'run/FAILED_0.json' }] } };
    await served.objects.put({ bucket: 'fleet', key: 'run/manifest.json' }, Buffer.from(JSON.stringify(manifest)));
    const args = ['fleet', 'collect', 's3://fleet/run/manifest.json', '--records', 's3://fleet/records'];
    const { out, err, code } = await statebag(scratch.dir, [
      ...[...args, '--store', 's3://blobs', '--journal', 'j', '--json', '--to', 'bridge'],
      ...[...served.options, '--dynamodb-endpoint', tables.endpoint],
    ]);
    if (out === '') throw new Error(err);
    const { totals, documents } = JSON.parse(out) as { totals: Record<string, number>; documents: readonly object[] };
    return { code, totals, documents };
  }

  beforeEach(() => {
    fleet = sandbox(served, { STATEBAG_DYNAMODB_ENDPOINT: tables.endpoint, STATEBAG_TO: 'bridge' });
  });

  it('counts as migrated if its documents are what its records say, with the figures of the records', async () => {
    const answer = await handle(batch);
    const results = answer.answers.map((told) => ('result' in told ? told.result : undefined));
    const sum = (name: 'bytesBefore' | 'bytesAfter' | 'blobsWritten' | 'blobsReused') =>
      results.reduce((total, result) => total + (result?.[name] ?? 0), 0);
    const { code, totals } = await collectTimedOut(batch);
    expect([code, totals]).toEqual([
      0,
      {
        documents: 2,
        migrated: 2,
        unchanged: 0,
        quarantined: 0,
        failed: 0,
        notStarted: 0,
        containersFailed: 0,
        containersNotStarted: 0,
        bytesBefore: sum('bytesBefore'),
        bytesAfter: sum('bytesAfter'),
        blobsWritten: sum('blobsWritten'),
        blobsReused: sum('blobsReused'),
      },
    ]);
    expect((await statebag(scratch.dir, ['verify', '--journal', 'j', '--json'])).code).toBe(0);
  });

  it('counts as failed where a record says what was to be done and the document still has its old bytes', async () => {
    const before = await text('paused', 'bags/a b.json');
    await handle(batch);
    await served.objects.put({ bucket: 'paused', key: 'bags/a b.json' }, Buffer.from(before));
    const { code, totals, documents } = await collectTimedOut(batch);
    expect([code, totals.migrated, totals.failed]).toEqual([1, 1, 1]);
    expect(documents).toContainEqual(
      expect.objectContaining({ id: object, outcome: 'failed', code: 'States.Timeout' }),
    );
  });

  it('counts as failed where there is no record', async () => {
    const { code, totals } = await collectTimedOut({ Items: [{ id: broken }] });
    expect([code, totals.documents, totals.failed]).toEqual([1, 1, 1]);
  });

  it('that answers that a document failed counts as migrated if the document is what its record says', async () => {
    await handle(batch);
    const result = { at: '2026-01-01T00:00:00.000Z', outcome: 'failed', generation: 'fat', code: 'STORE_TIMEOUT' };
    const sizes = { bytesBefore: 1, bytesAfter: 1, blobsWritten: 0, blobsReused: 0 };
    const answers = [
      { id: object, result: { doc: object, ...result, ...sizes } },
      { id: row, counts: { 'not-started': 1 } },
    ];
    const { code, totals } = await collectTimedOut(batch, [{ Output: JSON.stringify({ answers }) }]);
    expect([code, totals.migrated, totals.failed]).toEqual([0, 2, 0]);
  });

  it('does not undo what a later run has made good, when it is collected again', async () => {
    await collectTimedOut({ Items: [{ id: object }] });
    const again = ['migrate', 's3://paused/bags/a b.json', '--to', 'bridge', '--store', 's3://blobs', '--journal', 'j'];
    await statebag(scratch.dir, [...again, '--apply', '--only-failed', ...served.options]);
    const { code, totals } = await collectTimedOut({ Items: [{ id: object }] });
    expect([code, totals.migrated, totals.failed]).toEqual([0, 1, 0]);
  });

  it('of lines counts as migrated if every line of its object is what its records say', async () => {
    const key = { bucket: 'paused', key: 'bags/l.ndjson' };
    await served.objects.put(key, Buffer.from(`${smallBag()}\n${smallBag({ current_state: 2 })}\n`));
    const event = { Items: [{ id: 's3://paused/bags/l.ndjson' }] };
    await handle(event);
    expect((await collectTimedOut(event)).totals).toMatchObject({ documents: 2, migrated: 2, failed: 0 });
  });

  it('of lines of which one was quarantined counts that line as failed, since no record has it', async () => {
    const key = { bucket: 'paused', key: 'bags/l.ndjson' };
    await served.objects.put(key, Buffer.from(`${smallBag()}\n{"broken"\n`));
    const event = { Items: [{ id: 's3://paused/bags/l.ndjson' }] };
    await handle(event);
    expect((await collectTimedOut(event)).totals).toMatchObject({ documents: 2, migrated: 1, failed: 1 });
  });
});
