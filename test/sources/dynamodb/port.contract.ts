import { beforeAll, describe, expect, it } from 'vitest';
import type { Attribute, Row, RowEdit, RowTable, RowUpdate } from '../../../src/sources/dynamodb/port.js';
import { itemBytes } from '../../../src/sources/dynamodb/attributes.js';

/** A table that is empty at first, with the keys and indexes of the table of paused executions. */
export interface TableUnderTest {
  readonly table: RowTable;
  /** A port over a table that does not exist; absent where the port cannot know. */
  readonly missing?: RowTable;
  put(row: Row): Promise<unknown>;
  remove(key: Row): Promise<unknown>;
}

const keyOf = (at: number | string): Row => ({ ownerId: { S: 'owner' }, conversation_id: { S: `arn:${at}` } });
const BINARY: Attribute = { B: Uint8Array.from([0, 255, 7]) };
const CONFIG: Attribute = JSON.parse(
  '{"M":{"id":{"S":"w"},"n":{"N":"12345678901234567890123456789012345678"},"list":{"L":[{"N":"1.5"},{"NULL":true},{"BOOL":false},{"M":{"__proto__":{"S":"x"},"10":{"S":"ten"},"2":{"S":""}}}]}}}',
) as Attribute;

function rowAt(at: number | string, members: Row = {}): Row {
  return {
    ...keyOf(at),
    execution_id: { S: `arn:${at}` },
    taskToken: { S: `token-${at}` },
    ttl: { N: '1769846400' },
    blob: BINARY,
    tags: { SS: ['a', 'b'] },
    context: {
      M: { workflow_config: CONFIG, partition_map: { L: [] }, bin: BINARY, 'a.b#c d': { M: { size: { N: '1' } } } },
    },
    ...members,
  };
}

const TOKEN = (at: number | string) => new Map<string, Attribute | undefined>([['taskToken', { S: `token-${at}` }]]);
const POINTER: Attribute = { M: { __s3_pointer__: { BOOL: true }, key: { S: 'k' } } };
const edit = (
  before: Attribute | undefined,
  after: Attribute | undefined,
  path: readonly string[] = ['context', 'workflow_config'],
): RowEdit => ({ path, before, after });
const updateOf = (at: number | string, ...edits: RowEdit[]): RowUpdate => ({ edits, guards: TOKEN(at), units: 1 });

async function collect(pages: AsyncIterable<readonly Row[]>): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages) ids.push(...page.map(({ conversation_id: id }) => (id as { S: string }).S));
  return ids.sort();
}

/** What every driver of the port, and every server behind it, must do. A clause that a server lacks must fail. */
export function testRowTable(name: string, open: () => Promise<TableUnderTest>, lacks: readonly string[] = []): void {
  const clause = (title: string, check: () => Promise<void>) => {
    if (lacks.includes(title)) it.fails(title, check);
    else it(title, check);
  };

  describe(`a table: ${name}`, () => {
    let opened: TableUnderTest;
    let table: RowTable;

    beforeAll(async () => {
      opened = await open();
      ({ table } = opened);
    });

    const put = (at: number | string, members: Row = {}) => opened.put(rowAt(at, members));

    clause('knows its keys and indexes', async () => {
      const { keys, indexes } = await table.shape();
      expect(keys).toEqual([
        { name: 'ownerId', type: 'S' },
        { name: 'conversation_id', type: 'S' },
      ]);
      expect(indexes.get('ExecutionIdIndex')).toEqual({
        keys: [
          { name: 'ownerId', type: 'S' },
          { name: 'execution_id', type: 'S' },
        ],
        isWhole: true,
      });
      expect(indexes.get('SparseIndex')).toMatchObject({ isWhole: false });
    });

    clause('gives a row as it was put, or none', async () => {
      await put('as-put');
      expect(await table.get(keyOf('as-put'))).toEqual(rowAt('as-put'));
      expect(await table.get(keyOf('nobody'))).toBeUndefined();
    });

    clause('gives every row once, in segments and over many pages', async () => {
      const ids = Array.from({ length: 40 }, (_, at) => `arn:page-${String(at).padStart(2, '0')}`);
      for (const id of ids)
        await opened.put({
          ...rowAt(id),
          conversation_id: { S: id },
          execution_id: { S: id },
          state: { S: 'x'.repeat(100_000) },
        });
      const parts = await Promise.all([0, 1, 2].map((segment) => collect(table.scan({ segment, of: 3 }))));
      expect(
        parts
          .flat()
          .filter((id) => id.startsWith('arn:page-'))
          .sort(),
      ).toEqual(ids);
      expect((await collect(table.scan({ segment: 0, of: 1 }))).filter((id) => id.startsWith('arn:page-'))).toEqual(
        ids,
      );
      expect(
        (await collect(table.query({ equals: new Map([['ownerId', { S: 'owner' }]]) }))).filter((id) =>
          id.startsWith('arn:page-'),
        ),
      ).toEqual(ids);
      for (const id of ids) await opened.remove({ ownerId: { S: 'owner' }, conversation_id: { S: id } });
    });

    clause('is queried by key, and through an index', async () => {
      await put('queried');
      const owner = ['ownerId', { S: 'owner' }] as const;
      expect(
        await collect(table.query({ equals: new Map([owner, ['conversation_id', { S: 'arn:queried' }]]) })),
      ).toEqual(['arn:queried']);
      expect(
        await collect(
          table.query({ index: 'ExecutionIdIndex', equals: new Map([owner, ['execution_id', { S: 'arn:queried' }]]) }),
        ),
      ).toEqual(['arn:queried']);
      expect(await collect(table.query({ equals: new Map([['ownerId', { S: 'nobody' }]]) }))).toEqual([]);
      expect(await collect(table.scan({ segment: 0, of: 1, index: 'ExecutionIdIndex' }))).toContain('arn:queried');
    });

    clause('changes the members that are named and nothing else', async () => {
      await put('changed');
      await table.update(
        keyOf('changed'),
        updateOf(
          'changed',
          edit(CONFIG, POINTER),
          edit({ L: [] }, undefined, ['context', 'partition_map']),
          edit(undefined, { N: '2' }, ['context', 'state_bag_version']),
        ),
      );
      expect(await table.get(keyOf('changed'))).toEqual(
        rowAt('changed', {
          context: {
            M: {
              workflow_config: POINTER,
              bin: BINARY,
              'a.b#c d': { M: { size: { N: '1' } } },
              state_bag_version: { N: '2' },
            },
          },
        }),
      );
      await table.update(
        keyOf('changed'),
        updateOf(
          'changed',
          edit(POINTER, CONFIG),
          edit(undefined, { L: [] }, ['context', 'partition_map']),
          edit({ N: '2' }, undefined, ['context', 'state_bag_version']),
        ),
      );
      expect(await table.get(keyOf('changed'))).toEqual(rowAt('changed'));
    });

    clause('reaches members with any name, and whole attributes', async () => {
      await put('named');
      await table.update(
        keyOf('named'),
        updateOf(
          'named',
          edit({ N: '1' }, { N: '1.50' }, ['context', 'a.b#c d', 'size']),
          edit(undefined, { S: '{}' }, ['values']),
        ),
      );
      const row = (await table.get(keyOf('named')))!;
      expect(row.values).toEqual({ S: '{}' });
      expect((row.context as { M: Row }).M['a.b#c d']).toEqual({
        M: { size: { N: expect.stringMatching(/^1\.50?$/) as string } },
      });
    });

    const FOUND: readonly (readonly [what: string, token: string, change: RowEdit])[] = [
      ['another token', 'other', edit(CONFIG, POINTER)],
      ['another value', 'guarded', edit({ M: { ...(CONFIG as { M: Row }).M, id: { S: 'v' } } }, POINTER)],
      ['a value where there was none', 'guarded', edit(undefined, POINTER)],
      ['nothing where there was a value', 'guarded', edit(CONFIG, POINTER, ['context', 'gone'])],
      ['no map on the way', 'guarded', edit(CONFIG, POINTER, ['ttl', 'workflow_config'])],
    ];
    for (const [what, token, change] of FOUND) {
      clause(`changes nothing when it finds ${what}`, async () => {
        await put('guarded');
        await expect(table.update(keyOf('guarded'), updateOf(token, change))).rejects.toMatchObject({
          code: 'ROW_CONDITION',
        });
        expect(await table.get(keyOf('guarded'))).toEqual(rowAt('guarded'));
      });
    }

    clause('makes no row of one that is gone', async () => {
      await expect(table.update(keyOf('ghost'), updateOf('ghost', edit(CONFIG, POINTER)))).rejects.toMatchObject({
        code: 'ROW_CONDITION',
      });
      const unguarded = {
        edits: [edit(undefined, POINTER, ['pointer'])],
        guards: new Map([['taskToken', undefined]]),
        units: 1,
      };
      await expect(table.update(keyOf('ghost'), unguarded)).rejects.toMatchObject({ code: 'ROW_CONDITION' });
      expect(await table.get(keyOf('ghost'))).toBeUndefined();
    });

    clause('takes numbers for equal that are spelled in two ways', async () => {
      await put('numbers', { context: { M: { n: { N: '100' } } } });
      await table.update(keyOf('numbers'), updateOf('numbers', edit({ N: '1e2' }, { N: '7' }, ['context', 'n'])));
      expect((await table.get(keyOf('numbers')))!.context).toEqual({ M: { n: { N: '7' } } });
    });

    clause('lets exactly one of many writers win', async () => {
      await put('contested');
      const writers = Array.from({ length: 16 }, (_, at) =>
        table.update(keyOf('contested'), updateOf('contested', edit(CONFIG, { N: String(at) }))),
      );
      const results = await Promise.allSettled(writers);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(
        results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as { code: string }).code] : [])),
      ).toEqual(Array(15).fill('ROW_CONDITION'));
    });

    clause('takes items of 400 KB and 32 levels, and no larger or deeper ones', async () => {
      const bare = itemBytes(rowAt('large', { fill: { S: '' } }));
      await put('large', { fill: { S: 'x'.repeat(409_600 - bare) } });
      await expect(
        table.update(keyOf('large'), updateOf('large', edit(undefined, { S: 'x' }, ['more']))),
      ).rejects.toMatchObject({ code: 'TABLE_REJECTED' });
      await put('deep');
      const deep = (levels: number): Attribute => (levels === 1 ? { S: 'x' } : { M: { a: deep(levels - 1) } });
      await expect(
        table.update(keyOf('deep'), updateOf('deep', edit(undefined, deep(33), ['deep']))),
      ).rejects.toMatchObject({ code: 'TABLE_REJECTED' });
      await table.update(keyOf('deep'), updateOf('deep', edit(undefined, deep(32), ['deep'])));
      await opened.remove(keyOf('large'));
    });

    clause('tells the capacity it takes: by the larger of the two items', async () => {
      await put('metered', { fill: { S: 'x'.repeat(50_000) } });
      const before = { ...table.consumed };
      await table.update(keyOf('metered'), updateOf('metered', edit({ S: 'x'.repeat(50_000) }, undefined, ['fill'])));
      expect(table.consumed.write - before.write).toBeGreaterThanOrEqual(49);
      await table.get(keyOf('metered'));
      expect(table.consumed.read).toBeGreaterThan(before.read);
    });

    clause('says that it is not there', async () => {
      if (!opened.missing) return;
      const missing = { code: 'TABLE_NOT_FOUND' };
      await expect(opened.missing.shape()).rejects.toMatchObject(missing);
      await expect(collect(opened.missing.scan({ segment: 0, of: 1 }))).rejects.toMatchObject(missing);
      await expect(opened.missing.get(keyOf(1))).rejects.toMatchObject(missing);
      await expect(opened.missing.update(keyOf(1), updateOf(1, edit(undefined, POINTER)))).rejects.toMatchObject(
        missing,
      );
    });

    clause('a scan whose signal is aborted stops with RUN_STOPPED', async () => {
      await expect(collect(table.scan({ segment: 0, of: 1 }, AbortSignal.abort()))).rejects.toMatchObject({
        code: 'RUN_STOPPED',
      });
    });

    clause('an update whose signal is aborted before it is sent changes nothing and throws RUN_STOPPED', async () => {
      await put('stopped');
      await expect(
        table.update(keyOf('stopped'), updateOf('stopped', edit(CONFIG, POINTER)), AbortSignal.abort()),
      ).rejects.toMatchObject({ code: 'RUN_STOPPED', retryable: true });
      expect(await table.get(keyOf('stopped'))).not.toMatchObject({ context: { M: { workflow_config: POINTER } } });
    });

    clause('a row can still be read once the signal is aborted, to see what became of a write', async () => {
      await put('looked-at');
      expect(await table.get(keyOf('looked-at'), AbortSignal.abort())).toMatchObject({
        taskToken: { S: 'token-looked-at' },
      });
    });
  });
}
