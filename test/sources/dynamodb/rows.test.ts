import { expect, it } from 'vitest';
import { RowContainer } from '../../../src/sources/dynamodb/rows.js';
import type { SourceDocument } from '../../../src/sources/source.js';
import type { Row } from '../../../src/sources/dynamodb/port.js';
import { faultyTable } from '../../fakes/faulty-table.js';
import type { TableFaultName } from '../../fakes/faulty-table.js';
import { memoryTable } from '../../fakes/memory-table.js';
import { TableState } from '../../fakes/table-state.js';
import { keyOf, pausedRow, rowText } from '../../batch/rows.js';

const row = pausedRow('a');
const NEXT = Buffer.from('{"workflow_config":{"__s3_pointer__":true}}');

/** Reads a row, lets something happen, and writes. */
async function rewrite(meanwhile: (state: TableState) => void, faults: readonly (TableFaultName | undefined)[] = []) {
  const state = new TableState('Tokens');
  state.put(row);
  const queue = [...faults];
  const table = faultyTable(memoryTable(state), () => queue.shift());
  const container = await RowContainer.loaded(table, state.get(keyOf(row))!);
  const documents: SourceDocument[] = [];
  for await (const document of container.documents()) documents.push(document);
  meanwhile(state);
  const replacement = await container.replace();
  await replacement.write(documents[0]!, NEXT);
  const written = await replacement.commit(new Uint8Array()).then(
    () => 'written',
    (error: unknown) => (error as { code: string }).code,
  );
  const found = state.get(keyOf(row));
  return { written, found: found && rowText(found), context: found?.context };
}

const nothing = () => undefined;
const WRITTEN = { M: { workflow_config: { M: { __s3_pointer__: { BOOL: true } } } } };

it('is written when it is what was read', async () => {
  expect(await rewrite(nothing)).toMatchObject({ written: 'written', context: WRITTEN });
});

it('is not brought back when it was resumed meanwhile', async () => {
  expect(await rewrite((state) => state.delete(keyOf(row)))).toMatchObject({ written: 'ROW_GONE', found: undefined });
});

it.each<[string, Row]>([
  ['says the same', { ...row, taskToken: { S: 'another' } }],
  ['says something else', pausedRow('a', 'text', { token: 'another' })],
])('is left alone when it was resumed and paused again, and %s', async (_, again) => {
  expect(await rewrite((state) => state.put(again))).toMatchObject({ written: 'ROW_REPLACED', found: rowText(again) });
});

it('is left alone when its bag has changed under the same token', async () => {
  const changed = { ...row, context: { M: { workflow_config: { M: { id: { S: 'other' } } } } } };
  expect(await rewrite((state) => state.put(changed))).toMatchObject({
    written: 'DOCUMENT_MOVED',
    found: rowText(changed),
  });
});

it('keeps what others have changed around the program', async () => {
  const { context } = row as { readonly context: { readonly M: Row } };
  const touched = { ...row, ttl: { N: '1' }, note: { S: 'mine' }, context };
  const { written, found } = await rewrite((state) => state.put(touched));
  expect(written).toBe('written');
  expect(found).toContain('"note":"mine"');
  expect(found).toContain('"ttl":1');
});

it.each<[string, readonly (TableFaultName | undefined)[], string]>([
  ['a lost reply', ['lost-reply'], 'written'],
  ['a lost reply that the client repeated', ['lost-reply-repeated'], 'written'],
  ['a lost reply, and no way to look', ['lost-reply', 'denied'], 'TABLE_TIMEOUT'],
  ['no reply and no write', ['timeout'], 'TABLE_TIMEOUT'],
  ['throttling to the end', ['throttled'], 'TABLE_THROTTLED'],
  ['a denied write', ['denied'], 'TABLE_DENIED'],
  ['a condition that failed for no reason', ['condition'], 'DOCUMENT_MOVED'],
])('with %s', async (_, faults, written) => {
  const isWritten = faults[0]!.startsWith('lost');
  expect(await rewrite(nothing, faults)).toMatchObject({ written, context: isWritten ? WRITTEN : row.context });
});

it('knows whether it is still the row that a run found', async () => {
  const state = new TableState('Tokens');
  state.put(row);
  const container = await RowContainer.loaded(memoryTable(state), row);
  const { version } = container;
  expect(version).toMatch(/^[0-9a-f]{64}$/);
  expect(() => {
    container.assertSame(version);
  }).not.toThrow();
  const again = await RowContainer.loaded(memoryTable(state), { ...row, taskToken: { S: 'another' } });
  expect(() => {
    again.assertSame(version);
  }).toThrow(expect.objectContaining({ code: 'ROW_REPLACED' }) as Error);
});
