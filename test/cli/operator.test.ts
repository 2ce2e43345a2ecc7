import { mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pausedRow } from '../batch/rows.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import type { DynamoDbServer } from '../fakes/dynamodb-server.js';
import { startSfnServer } from '../fakes/sfn-server.js';
import type { SfnServer } from '../fakes/sfn-server.js';
import { TableState } from '../fakes/table-state.js';
import { smallBag } from './fleet-dir.js';
import { snapshot, statebag, useScratch } from './terminal.js';

const MACHINE = 'arn:aws:states:eu-central-1:123456789012:stateMachine:engine';
const NOW = Date.parse('2026-02-01T08:00:00Z') / 1000;

const scratch = useScratch();
let table: TableState;
let tables: DynamoDbServer;
let executions: SfnServer;

beforeEach(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  table = new TableState('Tokens');
  [tables, executions] = await Promise.all([startDynamoDbServer({ tables: [table] }), startSfnServer()]);
  process.env.AWS_ENDPOINT_URL_SFN = executions.endpoint;
  mkdirSync(join(scratch.dir, 'bags'));
  write('a', smallBag());
});

afterEach(async () => {
  delete process.env.AWS_ENDPOINT_URL_SFN;
  await Promise.all([tables.stop(), executions.stop()]);
});

const write = (name: string, text: string) => {
  writeFileSync(join(scratch.dir, 'bags', `${name}.json`), text);
};
const reach = () => ['--dynamodb-endpoint', tables.endpoint, '--region', 'eu-central-1'];
const migrate = (...more: string[]) =>
  statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--journal', 'journal', '--apply', ...more]);

function execute(name: string, bag: string): void {
  const input = `{"state_data":{"bag":${bag},"next_action":"CONTINUE"}}`;
  const events = [
    { type: 'ExecutionStarted', timestamp: NOW - 90, executionStartedEventDetails: { input: '{}' } },
    { type: 'TaskStateEntered', timestamp: NOW - 80, stateEnteredEventDetails: { name: 'WaitForHITPCallback', input } },
  ];
  executions.executions.push({
    executionArn: `arn:aws:states:eu-central-1:123456789012:execution:engine:${name}`,
    parentArn: MACHINE,
    status: 'RUNNING',
    startDate: NOW - 100,
    events,
  });
}

async function json(...args: string[]): Promise<{ readonly code: number; readonly report: Record<string, unknown> }> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return { code, report: JSON.parse(out) as Record<string, unknown> };
}

describe('can-contract', () => {
  const everywhere = () => ['bags', 'dynamodb://Tokens', `sfn://${MACHINE}`, ...reach()];

  it('says what is left in files, rows and executions, where, and until when', async () => {
    table.put(pausedRow('one', 'map'));
    execute('e1', smallBag());
    const { code, report } = await json('can-contract', ...everywhere());
    const found = (report.documents as { id: string; code: string; until: string | null }[]).map((each) => [
      each.id.replace(/^.*[:/](?=[^:/]+$)/, ''),
      each.code,
      each.until === null,
    ]);
    expect([code, report.canContract, report.totals]).toMatchObject([1, false, { documents: 3, remaining: 3, fat: 3 }]);
    expect(found).toEqual([
      ['a.json', 'BAG_FAT', true],
      [expect.any(String), 'BAG_FAT', false],
      ['e1#WaitForHITPCallback', 'BAG_FAT', false],
    ]);
    expect((report.documents as { until: string }[])[2]?.until).toBe('2027-02-01T07:58:20.000Z');
  });

  it('passes once all is lean, and rows may stay in the bridge form when told so', async () => {
    await migrate();
    execute('e1', readFileSync(join(scratch.dir, 'bags/a.json'), 'utf8'));
    expect((await json('can-contract', 'bags', `sfn://${MACHINE}`)).code).toBe(0);
    table.put(pausedRow('one', 'map'));
    await statebag(scratch.dir, [
      'migrate',
      'dynamodb://Tokens',
      '--store',
      'store',
      '--journal',
      'rows',
      '--apply',
      ...reach(),
    ]);
    const strict = await json('can-contract', ...everywhere());
    expect([strict.code, strict.report.totals]).toMatchObject([1, { bridge: 1, lean: 2, fat: 0 }]);
    expect((await json('can-contract', ...everywhere(), '--accept', 'bridge')).code).toBe(0);
  });

  it('tells people too', async () => {
    execute('e1', smallBag());
    const { code, out } = await statebag(scratch.dir, ['can-contract', `sfn://${MACHINE}`]);
    expect(code).toBe(1);
    expect(out).toMatch(/^the shim may go +no/m);
    expect(out).toMatch(/^fat {2}arn:\S+e1#WaitForHITPCallback {2}BAG_FAT: .* until 2027-02-01T/m);
  });

  it.each([['sfn://engine'], ['sfn://arn:aws:lambda:eu-central-1:1:function:f']])('refuses %s', async (source) => {
    const { code, err } = await statebag(scratch.dir, ['can-contract', source]);
    expect([code, err]).toEqual([2, expect.stringContaining('SOURCE_INVALID')]);
  });

  it('ends with 2 for a state machine that is not there', async () => {
    const { code, err } = await statebag(scratch.dir, ['can-contract', `sfn://${MACHINE}:missing`]);
    expect([code, err]).toEqual([2, expect.stringContaining('SOURCE_NOT_FOUND')]);
  });

  it('leaves executions to the readers: migrate refuses them', async () => {
    const { code, err } = await statebag(scratch.dir, ['migrate', `sfn://${MACHINE}`, '--store', 'store']);
    expect([code, err]).toEqual([2, expect.stringContaining('SOURCE_READ_ONLY')]);
  });
});

describe('gc', () => {
  const blobs = () =>
    readdirSync(join(scratch.dir, 'store'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const gc = (...more: string[]) => json('gc', '--no-journal', '--store', 'store', 'bags', ...more);

  /** The terminal's clock stands still on 1 February 2026. */
  const age = (days: number) => {
    for (const { parentPath, name } of blobs())
      utimesSync(join(parentPath, name), NOW - days * 86_400, NOW - days * 86_400);
  };

  beforeEach(async () => {
    await migrate();
    age(600);
  });

  it('deletes nothing that a bag, a row, an execution or a journal still names', async () => {
    expect((await gc()).report.totals).toMatchObject({ blobs: 3, live: 3, garbage: 0 });
    const bag = readFileSync(join(scratch.dir, 'bags/a.json'), 'utf8');
    write('a', '{}');
    expect((await gc('--journal', 'journal')).report.totals).toMatchObject({ live: 3, garbage: 0 });
    execute('e1', bag);
    expect((await gc(`sfn://${MACHINE}`)).report.totals).toMatchObject({ live: 3, garbage: 0 });
    const row = pausedRow('one', 'map');
    table.put({ ...row, note: { S: `see ${bag}` } });
    expect((await gc('dynamodb://Tokens', ...reach())).report.totals).toMatchObject({ live: 3, garbage: 0 });
    expect((await gc()).report.totals).toMatchObject({ live: 0, garbage: 3 });
  });

  it('deletes only with --apply, and says how', async () => {
    write('a', '{}');
    const before = snapshot(scratch.dir);
    const { code, out, err } = await statebag(scratch.dir, ['gc', '--no-journal', '--store', 'store', 'bags']);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('to delete: statebag gc --no-journal --store store bags --apply'),
    ]);
    expect(out).toMatch(/^to be deleted +3/m);
    expect(snapshot(scratch.dir)).toEqual(before);
    expect((await gc('--apply')).report.totals).toMatchObject({ deleted: 3, failed: 0 });
    expect(blobs()).toEqual([]);
  });

  it('keeps for as long as it is told', async () => {
    write('a', '{}');
    age(100);
    expect((await gc('--apply')).report).toMatchObject({ totals: { young: 3, deleted: 0 }, ttlDays: 470 });
    expect(
      (await gc('--apply', '--execution', '99d', '--redrive', '0d', '--audit', '12h')).report.totals,
    ).toMatchObject({ deleted: 3 });
  });

  it('deletes nothing and ends with 1 while something cannot be read', async () => {
    write('a', '{}');
    write('b', '{"half":');
    const { code, report } = await gc('--apply');
    expect([code, report.undecidable, report.totals]).toMatchObject([
      1,
      [{ code: 'JSON_SYNTAX' }],
      { garbage: 0, deleted: 0 },
    ]);
    expect(blobs()).toHaveLength(3);
  });

  it('takes an empty source for a mistake unless told otherwise', async () => {
    rmSync(join(scratch.dir, 'bags/a.json'));
    expect((await statebag(scratch.dir, ['gc', '--no-journal', '--store', 'store', 'bags', '--apply'])).err).toContain(
      'SOURCE_EMPTY',
    );
    expect((await gc('--apply', '--allow-empty')).report.totals).toMatchObject({ deleted: 3 });
  });

  it.each([
    [['--execution', '1h', '--redrive', '0d', '--audit', '0d'], 'TTL_TOO_SHORT'],
    [['--audit', 'forever'], 'USAGE'],
  ])('refuses %j', async (more, expected) => {
    const { code, err } = await statebag(scratch.dir, ['gc', '--no-journal', '--store', 'store', 'bags', ...more]);
    expect([code, err]).toEqual([2, expect.stringContaining(expected)]);
  });
});

describe('the census of rows', () => {
  const secondsLeft = (seconds: number) => ({ ttl: { N: String(NOW + seconds) } });
  const fill = () => {
    const fat = pausedRow('fat', 'map');
    const bag = (fat.context as { M: Record<string, { S: string }> }).M;
    table.put({
      ...fat,
      ...secondsLeft(7200),
      context: { M: { ...bag, workflow_config: { M: { nodes: { L: [] }, pad: { S: 'x'.repeat(300_000) } } } } },
    });
    table.put({ ...pausedRow('late', 'map'), ...secondsLeft(-60) });
    table.put({
      ...pausedRow('empty', 'map'),
      ...secondsLeft(600),
      context: { M: { ...bag, workflow_config: { M: {} } } },
    });
    table.put({
      ...pausedRow('text', 'map'),
      ...secondsLeft(90_000),
      context: { M: { ...bag, workflow_config: { S: 's3://b/k' } } },
    });
    table.put({ ...pausedRow('fine', 'map'), ...secondsLeft(60) });
  };

  it('counts what the resume handler refuses now and after, the least time left first', async () => {
    fill();
    const { report } = await json('inspect', 'dynamodb://Tokens', '--store', 'store', ...reach());
    const { refused, ...counts } = report.resumability as {
      refused: { id: string; now: string[]; after: string[]; secondsLeft: number }[];
    };
    expect(counts).toMatchObject({
      rows: 5,
      refusedNow: 4,
      reasonsNow: { OUTPUT_TOO_LARGE: 1, TTL_EXPIRED: 1, CONFIG_EMPTY: 1, CONFIG_NOT_OBJECT: 1 },
    });
    expect(refused.map(({ now, secondsLeft: left }) => [now[0], left])).toEqual([
      ['TTL_EXPIRED', -60],
      ['CONFIG_EMPTY', 600],
      ['OUTPUT_TOO_LARGE', 7200],
      ['CONFIG_NOT_OBJECT', 90_000],
    ]);
    expect(refused.map(({ after }) => after)).toEqual([['TTL_EXPIRED'], ['CONFIG_EMPTY'], [], ['CONFIG_NOT_OBJECT']]);
  });

  it('tells people too', async () => {
    fill();
    const { out } = await statebag(scratch.dir, ['inspect', 'dynamodb://Tokens', '--store', 'store', ...reach()]);
    expect(out).toMatch(/^cannot be resumed now +4/m);
    expect(out).toMatch(/^ +-0h 1m {2}dynamodb:\S+ {2}TTL_EXPIRED$/m);
    expect(out).toMatch(/^ +2h 0m {2}dynamodb:\S+ {2}OUTPUT_TOO_LARGE → resumable after the migration$/m);
  });

  it('goes into the journal, and from there onto the page', async () => {
    fill();
    await statebag(scratch.dir, [
      'migrate',
      'dynamodb://Tokens',
      '--store',
      'store',
      '--journal',
      'rows',
      '--apply',
      ...reach(),
    ]);
    await statebag(scratch.dir, ['report', '--journal', 'rows', '--html', 'report.html']);
    const page = readFileSync(join(scratch.dir, 'report.html'), 'utf8');
    expect(page).toContain('<h2>Resumability</h2>');
    expect(page).toMatch(/OUTPUT_TOO_LARGE<\/td><td class="number">1<\/td><td class="number">0</);
  });
});
