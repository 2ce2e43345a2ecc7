import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Attribute, Row } from '../../src/sources/dynamodb/port.js';
import { bagOf, isBridged, keyOf, OWNER, pausedRow, ROW_FORMS, rowText, tokenOf } from '../batch/rows.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import type { DynamoDbServer, TableFault, TableRequest } from '../fakes/dynamodb-server.js';
import { TableState } from '../fakes/table-state.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
let state: TableState;
let server: DynamoDbServer;
let fault: (request: TableRequest) => TableFault | undefined;

beforeEach(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  state = new TableState('Tokens');
  fault = () => undefined;
  server = await startDynamoDbServer({ tables: [state], fault: (request) => fault(request) });
});

afterEach(() => server.stop());

interface Result {
  readonly code: number;
  readonly err: string;
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly generation?: string;
    readonly code?: string;
    readonly reason?: string;
  }[];
  readonly verify?: Readonly<Record<string, number>>;
}

const reach = () => ['--dynamodb-endpoint', server.endpoint, '--region', 'eu-central-1'];
const STORE = ['--store', 'store', '--journal', 'journal'];

async function json(...args: string[]): Promise<Result> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return { code, err, ...(JSON.parse(out) as Omit<Result, 'code' | 'err'>) };
}

const migrateArgs = (source = 'dynamodb://Tokens') => ['migrate', source, ...STORE, ...reach()];
const migrate = (...args: string[]) => json(...migrateArgs(), ...args);
const operations = () => server.requests.map(({ operation }) => operation);
const texts = () => state.all().map(rowText).sort();
const nameOf = (id: string) => decodeURIComponent(id).split(':').at(-1)!;

function putRows(...rows: Row[]): void {
  for (const row of rows) state.put(row);
}

const everyForm = () => ROW_FORMS.map((form) => pausedRow(form, form));

describe('a row whose attributes name another owner or workflow than its bag', () => {
  const contextOf = (members: Readonly<Record<string, unknown>>): Attribute => ({ S: smallBag(members) });
  const contradictory: readonly (readonly [string, Row])[] = [
    ['the hash key', { ownerId: { S: 'owner-2' } }],
    ['owner_id', { owner_id: { S: 'owner-2' } }],
    ['a number', { owner_id: { N: '7' } }],
    ['workflowId', { workflowId: { S: 'wf-2' } }],
    ['workflow_id', { workflow_id: { S: 'wf-2' } }],
    [
      'an id in another level of the context',
      { context: contextOf({ state_data: { loop_counter: 1, owner_id: 'x' } }) },
    ],
  ];

  it.each(contradictory)('is quarantined by migrate when they differ in %s', async (_, attributes) => {
    const row = { ...pausedRow('a'), ...attributes };
    putRows(row);
    const { code, documents } = await migrate('--apply');
    expect([code, documents.map(({ outcome, code: why }) => [outcome, why])]).toEqual([
      1,
      [['quarantined', 'OWNER_MISMATCH']],
    ]);
    expect(rowText(state.get(keyOf(row))!)).toBe(rowText(row));
    expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
  });

  it.each(contradictory)('is shown by inspect and can-contract when they differ in %s', async (_, attributes) => {
    putRows({ ...pausedRow('a'), ...attributes });
    const inspected = await json('inspect', 'dynamodb://Tokens', ...reach());
    expect([inspected.code, inspected.documents[0]?.code]).toEqual([1, 'OWNER_MISMATCH']);
    const contract = await statebag(scratch.dir, ['can-contract', 'dynamodb://Tokens', ...reach(), '--json']);
    expect([contract.code, contract.out.includes('OWNER_MISMATCH')]).toEqual([1, true]);
  });

  it('is named in the message', async () => {
    putRows({ ...pausedRow('a'), ownerId: { S: 'owner-2' } });
    const [document] = (await migrate()).documents;
    expect(document?.reason).toContain('"owner-2" at the attributes of the row and "owner-1" at the root');
  });

  it.each<readonly [string, Row]>([
    ['are the same', { owner_id: { S: OWNER }, workflowId: { S: 'wf-1' }, workflow_id: { S: 'wf-1' } }],
    [
      'are null, empty, or of another type',
      { owner_id: { NULL: true }, workflowId: { S: '' }, workflow_id: { L: [] } },
    ],
    [
      'are numbers and text of one spelling',
      { ownerId: { S: '7' }, owner_id: { N: '7' }, context: contextOf({ ownerId: 7 }) },
    ],
  ])('is migrated when the ids %s', async (_, attributes) => {
    putRows({ ...pausedRow('a'), ...attributes });
    expect((await migrate('--apply')).documents).toMatchObject([{ outcome: 'migrated' }]);
  });
});

describe('rows of paused executions', () => {
  it('come full circle, in the form that the unchanged resume handler takes', async () => {
    putRows(...everyForm());
    const before = texts();
    const dry = await migrate();
    expect([dry.code, dry.totals.migrated, texts()]).toEqual([0, ROW_FORMS.length, before]);
    expect(new Set(operations())).toEqual(new Set(['DescribeTable', 'Scan']));
    expect(readdirSync(scratch.dir)).toEqual([]);

    const applied = await migrate('--apply', '--verify');
    expect([applied.code, applied.totals.migrated, applied.verify?.verified]).toEqual([
      0,
      ROW_FORMS.length,
      ROW_FORMS.length,
    ]);
    expect(state.all().every((row) => isBridged(bagOf(row)))).toBe(true);
    expect((await migrate('--apply')).totals).toMatchObject({ unchanged: ROW_FORMS.length });

    const back = await json('rollback', '--journal', 'journal', '--apply');
    expect([back.code, back.totals.rolledBack, texts()]).toEqual([0, ROW_FORMS.length, before]);
  });

  it('keep their tokens to themselves: no file that is written has one', async () => {
    putRows(pausedRow('a'));
    await migrate('--plan-out', 'plan.ndjson');
    await migrate('--apply');
    for (const file of ['plan.ndjson', 'journal/journal.ndjson'])
      expect(readFileSync(join(scratch.dir, file), 'utf8')).not.toContain(tokenOf(pausedRow('a')));
  });

  it('can become lean for a fleet whose resume path is wrapped', async () => {
    putRows(pausedRow('a'));
    expect((await migrate('--to', 'lean', '--apply')).totals.migrated).toBe(1);
    expect(bagOf(state.all()[0]!)).toMatchObject({
      state_bag_version: 2,
      workflow_config_s3_path: expect.stringMatching(/^s3:/) as string,
    });
  });

  it('follow a plan, and not once they have moved', async () => {
    putRows(pausedRow('a'), pausedRow('b'));
    await migrate('--plan-out', 'plan.ndjson');
    putRows({ ...pausedRow('b'), context: { S: smallBag({ loop_counter: 7 }) } });
    const applied = await migrate('--plan', 'plan.ndjson', '--apply');
    expect([applied.code, applied.totals.migrated, applied.totals.failed]).toEqual([1, 1, 1]);
    expect(applied.documents.find(({ outcome }) => outcome === 'failed')).toMatchObject({
      code: 'PLAN_DOCUMENT_MOVED',
    });
    expect(bagOf(state.get(keyOf(pausedRow('b')))!)).toMatchObject({
      loop_counter: 7,
      workflow_config: { id: 'wf-1' },
    });
  });

  it('are inspected without being written', async () => {
    putRows(pausedRow('a'), pausedRow('b', 'text'));
    const { code, totals } = await json('inspect', 'dynamodb://Tokens', ...reach());
    expect([code, totals.documents, totals.migrated]).toEqual([0, 2, 2]);
    expect(operations()).not.toContain('UpdateItem');
  });

  it('can be copied as files instead', async () => {
    putRows(pausedRow('a'));
    const before = texts();
    expect((await migrate('--apply', '--out', 'copies')).totals.migrated).toBe(1);
    expect(texts()).toEqual(before);
    const file = readdirSync(join(scratch.dir, 'copies'), { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith('.json'),
    )!;
    expect(JSON.parse(readFileSync(join(scratch.dir, 'copies', file), 'utf8'))).toMatchObject({
      workflow_config: { __s3_pointer__: true },
    });
    expect((await json('verify', '--journal', 'journal')).code).toBe(0);
  });
});

describe('a part of a table', () => {
  const other = (name: string): Row => ({ ...pausedRow(name), ownerId: { S: 'owner/2?' } });

  it('is that of one owner', async () => {
    putRows(pausedRow('a'), pausedRow('b'), other('c'));
    const { documents } = await json('inspect', `dynamodb://Tokens?owner=${OWNER}`, ...reach());
    expect(documents.map(({ id }) => nameOf(id)).sort()).toEqual(['a', 'b']);
    expect(operations()).toContain('Query');
    expect(
      (await json('inspect', `dynamodb://Tokens?owner=${encodeURIComponent('owner/2?')}`, ...reach())).documents,
    ).toMatchObject([{ id: expect.stringContaining('owner%2F2%3F') as string }]);
  });

  it.each(['ExecutionIdIndex', 'SparseIndex'])('is one execution, through %s', async (index) => {
    putRows(pausedRow('a'), pausedRow('b'));
    const execution = encodeURIComponent((pausedRow('b').execution_id as { readonly S: string }).S);
    const { documents, totals } = await json(
      ...migrateArgs(`dynamodb://Tokens?index=${index}&owner=${OWNER}&execution_id=${execution}`),
      '--apply',
    );
    expect([documents.map(({ id }) => nameOf(id)), totals.migrated]).toEqual([['b'], 1]);
    expect(isBridged(bagOf(state.get(keyOf(pausedRow('b')))!))).toBe(true);
  });

  it('is one of several shards, which together are everything, once', async () => {
    putRows(...Array.from({ length: 30 }, (_, at) => pausedRow(`e${at}`)));
    const parts = await Promise.all(
      ['1/3', '2/3', '3/3'].map((shard) => json('inspect', 'dynamodb://Tokens', '--shard', shard, ...reach())),
    );
    expect(parts.every(({ documents }) => documents.length > 0)).toBe(true);
    expect(parts.flatMap(({ documents }) => documents.map(({ id }) => nameOf(id))).sort()).toEqual(
      Array.from({ length: 30 }, (_, at) => `e${at}`).sort(),
    );
  });

  it('is chosen by members of the bag, or by number', async () => {
    putRows(pausedRow('a'), { ...pausedRow('b'), context: { S: smallBag({ workflowId: 'wf-2' }) } });
    expect(
      (await json('inspect', 'dynamodb://Tokens', '--where', 'workflowId=wf-2', ...reach())).documents.map(({ id }) =>
        nameOf(id),
      ),
    ).toEqual(['b']);
    expect((await migrate('--limit', '1', '--apply')).totals.migrated).toBe(1);
  });
});

describe('rows that are not as they should be', () => {
  const withContext = (name: string, context: Attribute, others: Row = {}): Row => ({
    ...pausedRow(name),
    context,
    ...others,
  });
  const bag = (members: Readonly<Record<string, Attribute>>): Attribute => ({
    M: { ...(pausedRow('x').context as { readonly M: Row }).M, ...members },
  });

  it.each<[string, Row, string, string | undefined]>([
    [
      'without a token',
      Object.fromEntries(Object.entries(pausedRow('r')).filter(([name]) => name !== 'taskToken')),
      'quarantined',
      'TOKEN_MISSING',
    ],
    ['whose context is null', withContext('r', { NULL: true }), 'quarantined', 'NOT_AN_OBJECT'],
    ['whose context is no JSON', withContext('r', { S: '{oops' }), 'quarantined', 'JSON_SYNTAX'],
    ['whose context is a list', withContext('r', { L: [{ S: 'x' }] }), 'quarantined', 'NOT_AN_OBJECT'],
    [
      'whose context is text with NaN in its state',
      withContext('r', { S: smallBag({ current_state: 1 }).replace('"current_state":1', '"current_state":NaN') }),
      'migrated',
      undefined,
    ],
    ['whose context is no bag', withContext('r', { M: { a: { N: '1' } } }), 'unchanged', undefined],
    [
      'with neither context nor state_data',
      Object.fromEntries(Object.entries(pausedRow('r')).filter(([name]) => name !== 'context')),
      'unchanged',
      'ROW_WITHOUT_BAG',
    ],
    [
      'of a distributed chunk',
      {
        ...keyOf(pausedRow('r')),
        task_token: { S: 't' },
        chunk_final_state: { S: '{"workflow_config":{"nodes":[]}}' },
      },
      'unchanged',
      'DISTRIBUTED_TOKEN',
    ],
    [
      'with numbers beyond doubles',
      withContext(
        'r',
        bag({
          current_state: { M: { n: { N: '12345678901234567890123456789012345678' } } },
          workflow_config: { M: { n: { N: '98765432109876543210.5' } } },
        }),
      ),
      'migrated',
      undefined,
    ],
    [
      'with binary values in user data',
      withContext(
        'r',
        bag({ current_state: { M: { photo: { B: Uint8Array.from([1, 2]) }, set: { NS: ['1', '2'] } } } }),
      ),
      'migrated',
      undefined,
    ],
    [
      'with a binary value in the config',
      withContext('r', bag({ workflow_config: { M: { id: { S: 'w' }, key: { B: Uint8Array.from([1, 2]) } } } })),
      'quarantined',
      'ATTRIBUTE_NOT_JSON',
    ],
    [
      'with a set in the map',
      withContext('r', bag({ partition_map: { L: [{ M: { nodes: { SS: ['a'] } } }] } })),
      'quarantined',
      'ATTRIBUTE_NOT_JSON',
    ],
  ])('%s', async (_, row, outcome, code) => {
    putRows(row, pausedRow('sound'));
    const before = rowText(row);
    const { documents, totals, code: exit } = await migrate('--apply');
    expect(documents.find(({ id }) => nameOf(id) === 'r')).toMatchObject({
      outcome,
      ...(code === undefined ? {} : { code, reason: expect.stringMatching(/\w/) as string }),
    });
    expect([totals.documents, totals.failed, exit]).toEqual([2, 0, outcome === 'quarantined' ? 1 : 0]);
    expect(isBridged(bagOf(state.get(keyOf(pausedRow('sound')))!))).toBe(true);
    if (outcome !== 'migrated') expect(rowText(state.get(keyOf(row))!)).toBe(before);
    await json('rollback', '--journal', 'journal', '--apply');
    expect(rowText(state.get(keyOf(row))!)).toBe(before);
  });

  it('of 399 KB are rewritten, and one that would outgrow 400 KB is not', async () => {
    // DynamoDB counts 200,621 and 623 bytes in these rows without the text of their state, and takes 409,600.
    const filled = (name: string, config: Attribute, text: number): Row => ({
      ...pausedRow(name),
      context: bag({ workflow_config: config, current_state: { S: 'x'.repeat(text) } }),
    });
    putRows(
      filled('fits', { M: { code: { S: 'y'.repeat(200_000) } } }, 399 * 1024 - 200_621),
      filled('grows', { M: { id: { S: 'w' } } }, 409_600 - 10 - 623),
    );
    for (const documents of [(await migrate()).documents, (await migrate('--apply')).documents]) {
      expect(documents.find(({ id }) => nameOf(id) === 'fits')).toMatchObject({ outcome: 'migrated' });
      expect(documents.find(({ id }) => nameOf(id) === 'grows')).toMatchObject({
        outcome: 'quarantined',
        code: 'ROW_TOO_LARGE',
      });
    }
  });
});

describe('a table that does not do as asked', () => {
  it.each([
    ['dynamodb://', 'SOURCE_INVALID'],
    ['dynamodb://To', 'SOURCE_INVALID'],
    ['dynamodb://Nowhere', 'TABLE_NOT_FOUND'],
    ['dynamodb://Tokens?index=Nope', 'INDEX_NOT_FOUND'],
    ['dynamodb://Tokens?colour=red', 'SOURCE_INVALID'],
    ['dynamodb://Tokens?conversation_id=x', 'SOURCE_INVALID'],
    ['dynamodb://Tokens?segments=0', 'SOURCE_INVALID'],
  ])('%s is refused: %s', async (source, code) => {
    const { code: exit, err } = await statebag(scratch.dir, [...migrateArgs(source), '--apply']);
    expect([exit, err]).toEqual([2, expect.stringContaining(code)]);
    expect(readdirSync(scratch.dir)).toEqual([]);
  });

  it('is not mixed with files unless somebody says into what', async () => {
    writeFileSync(join(scratch.dir, 'a.json'), smallBag());
    putRows(pausedRow('a'));
    const mixed = ['migrate', 'dynamodb://Tokens', 'a.json', ...STORE, ...reach()];
    expect(await statebag(scratch.dir, mixed)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--to') as string,
    });
    expect((await json(...mixed, '--to', 'bridge', '--apply')).totals.migrated).toBe(2);
  });

  it.each([
    ['Scan', 'AccessDeniedException', /dynamodb:Scan is not allowed/],
    ['DescribeTable', 'AccessDeniedException', /dynamodb:DescribeTable is not allowed/],
    ['UpdateItem', 'AccessDeniedException', /dynamodb:UpdateItem is not allowed/],
    ['Scan', 'ExpiredTokenException', /credentials have expired/],
  ])('names what is missing: %s, %s', async (operation, type, reason) => {
    putRows(pausedRow('a'));
    const before = texts();
    fault = (request) =>
      request.operation === operation
        ? { moment: 'before', status: 400, type, message: 'User is not authorized' }
        : undefined;
    const { code, documents } = await migrate('--apply');
    expect([code, documents.map((document) => [document.outcome, document.code])]).toEqual([
      1,
      [['failed', 'TABLE_DENIED']],
    ]);
    expect(documents[0]!.reason).toMatch(reason);
    expect(texts()).toEqual(before);
    fault = () => undefined;
    expect((await migrate('--apply')).totals).toMatchObject({ migrated: 1, failed: 0 });
  });

  it('throttles, cuts connections and loses replies: every row is rewritten once', async () => {
    putRows(...Array.from({ length: 5 }, (_, at) => pausedRow(`e${at}`)));
    const moments = [
      { moment: 'before', status: 400, type: 'ProvisionedThroughputExceededException' },
      { moment: 'drop' },
      { moment: 'after', status: 500, type: 'InternalServerError' },
      { moment: 'before', status: 400, type: 'ThrottlingException' },
    ] as const;
    let seen = 0;
    fault = ({ operation }) => (operation === 'UpdateItem' ? moments[seen++ % 7] : undefined);
    const { code, totals } = await migrate('--apply', '--concurrency', '4');
    expect([code, totals.migrated, totals.failed]).toEqual([0, 5, 0]);
    expect(state.all().every((row) => isBridged(bagOf(row)))).toBe(true);
    expect((await json('verify', '--journal', 'journal')).code).toBe(0);
  });

  it('is pressed no harder than allowed', async () => {
    putRows(...Array.from({ length: 8 }, (_, at) => pausedRow(`e${at}`, 'map', { size: 4_000 })));
    const started = performance.now();
    expect((await migrate('--apply', '--max-wcu', '20')).totals.migrated).toBe(8);
    // Some 48 units at 20 a second, the first of them at once.
    expect(performance.now() - started).toBeGreaterThan(1_500);
    expect(existsSync(join(scratch.dir, 'journal'))).toBe(true);
  });
});

describe('a table that throttles every update', () => {
  const THROTTLED = { moment: 'before', status: 400, type: 'ThrottlingException' } as const;
  const isUpdate = ({ operation }: TableRequest) => operation === 'UpdateItem';

  /** Throttles updates; at the twelfth the operator presses Ctrl-C. `waited`: milliseconds from then to the end. */
  async function interrupt(args: readonly string[]) {
    let press: (() => void) | undefined;
    let pressedAt = 0;
    let updates = 0;
    fault = (request) => {
      if (!isUpdate(request)) return undefined;
      if (++updates === 12) {
        pressedAt = performance.now();
        press!();
      }
      return THROTTLED;
    };
    const ran = await statebag(scratch.dir, args, {
      onStart: (send) => {
        press = () => {
          send('SIGINT');
        };
      },
    });
    return { ...ran, totals: (JSON.parse(ran.out) as Result).totals, waited: performance.now() - pressedAt };
  }

  it('lets migrate end within five seconds of SIGINT: rows in hand are not started, and the next run takes them', async () => {
    putRows(...Array.from({ length: 20 }, (_, at) => pausedRow(`e${at}`)));
    const before = texts();
    const { code, totals, waited } = await interrupt([...migrateArgs(), '--apply', '--json', '--concurrency', '8']);
    expect(waited).toBeLessThan(5_000);
    expect([code, totals.migrated, totals.failed]).toEqual([1, 0, 0]);
    expect(totals.notStarted).toBeGreaterThanOrEqual(8);
    expect(texts()).toEqual(before);
    expect((await statebag(scratch.dir, ['status', '--journal', 'journal'])).code).toBe(1);

    fault = () => undefined;
    expect((await migrate('--apply')).totals).toMatchObject({ documents: 20, migrated: 20 });
    expect((await json('verify', '--journal', 'journal')).code).toBe(0);
    expect((await statebag(scratch.dir, ['status', '--journal', 'journal'])).code).toBe(0);
  });

  it('lets rollback end within five seconds of SIGINT, and the next rollback restores every row', async () => {
    putRows(...Array.from({ length: 20 }, (_, at) => pausedRow(`e${at}`)));
    const before = texts();
    await migrate('--apply');
    const { code, totals, waited } = await interrupt(['rollback', '--journal', 'journal', '--apply', '--json']);
    expect(waited).toBeLessThan(5_000);
    expect([code, totals.rolledBack, totals.failed, totals.notStarted]).toEqual([1, 0, 0, 20]);

    fault = () => undefined;
    expect((await json('rollback', '--journal', 'journal', '--apply')).totals).toMatchObject({ rolledBack: 20 });
    expect(texts()).toEqual(before);
  });

  it(
    'for two seconds does not fail a row, and ten seconds later all rows are migrated',
    { timeout: 60_000 },
    async () => {
      putRows(...Array.from({ length: 60 }, (_, at) => pausedRow(`e${at}`, 'map', { size: 100_000 })));
      let first = 0;
      fault = (request) => {
        if (!isUpdate(request)) return undefined;
        first ||= performance.now();
        const elapsed = performance.now() - first;
        return elapsed > 100 && elapsed < 2_100 ? THROTTLED : undefined;
      };
      const { code, totals } = await migrate('--apply');
      expect([code, totals.migrated, totals.failed]).toEqual([0, 60, 0]);
      expect(performance.now() - first).toBeLessThan(12_100);
    },
  );
});
