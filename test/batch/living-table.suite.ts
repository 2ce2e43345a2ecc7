import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { seededRandom } from '../../examples/fleet/random.js';
import type { Random } from '../../examples/fleet/random.js';
import type { Row } from '../../src/sources/dynamodb/port.js';
import { bagOf, isBridged, keyOf, pausedRow, programOf, ROW_FORMS, rowText, tokenOf } from './rows.js';
import type { ReadBlob } from './rows.js';
import { temporaryDirectory } from './world.js';

const BIN = fileURLToPath(new URL('../../dist/src/cli/bin.js', import.meta.url));

export interface LivingTable {
  readonly client: DynamoDBClient;
  readonly endpoint: string;
  readonly table: string;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly { readonly id: string; readonly outcome: string; readonly code?: string }[];
}

type Wire = Record<string, AttributeValue>;
const wire = (row: Row): Wire => row as unknown as Wire;

/** Somebody's answer: the row as it was when it was resumed, and as the pause had stored it. */
interface Answer {
  readonly row: Row;
  readonly stored: Row;
}

/**
 * Rows are rewritten by one process while another resumes them (reads, sends the program, deletes on the condition of
 * the token) and lets some executions pause again. Every row ends up resumed with its full program, or migrated.
 */
export function livingTableSuite(count: number, timeout: number, open: () => Promise<LivingTable>): void {
  it(`${count} rows, while another process resumes and deletes them at random`, { timeout }, async () => {
    if (!existsSync(BIN)) throw new Error(`${BIN} is not there: run "npm run build" first`);
    const living = await open();
    const directory = temporaryDirectory();
    const originals = Array.from({ length: count }, (_, at) =>
      pausedRow(`e${at}`, ROW_FORMS[at % ROW_FORMS.length], { size: 2_000 }),
    );
    await putAll(living, originals);
    const people = new People(living, originals, seededRandom(count));

    const common = ['--journal', 'journal', '--dynamodb-endpoint', living.endpoint, '--region', 'us-east-1'];
    const migration = statebag(
      directory,
      'migrate',
      `dynamodb://${living.table}`,
      '--store',
      'store',
      ...common,
      '--apply',
      '--json',
      '--quiet',
      '--concurrency',
      '16',
    );
    const { code, stdout, stderr } = await people.answerUntil(migration);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout) as Report;
    expect(report.totals).toMatchObject({ failed: 0, quarantined: 0, notStarted: 0 });
    const codes = new Set(
      report.documents.filter(({ outcome }) => outcome === 'unchanged').map((document) => document.code),
    );
    expect(
      [...codes].filter((reason) => reason !== undefined && !['ROW_GONE', 'ROW_REPLACED'].includes(reason)),
    ).toEqual([]);

    const read: ReadBlob = ({ bucket, key }) =>
      existsSync(join(directory, 'store', bucket, key))
        ? readFileSync(join(directory, 'store', bucket, key))
        : undefined;
    expect(people.answers.length).toBeGreaterThan(count / 20);
    for (const { row, stored } of people.answers)
      expect(programOf(bagOf(row), read)).toEqual(programOf(bagOf(stored), read));

    const left = await all(living);
    expect(left.map((row) => rowText(keyOf(row))).sort()).toEqual(
      people.waiting.map((row) => rowText(keyOf(row))).sort(),
    );
    const tokens = new Map(people.waiting.map((row) => [rowText(keyOf(row)), tokenOf(row)]));
    let bridged = 0;
    for (const row of left) {
      expect(tokenOf(row)).toBe(tokens.get(rowText(keyOf(row))));
      expect(programOf(bagOf(row), read)).toEqual(programOf(bagOf(people.current.get(rowText(keyOf(row)))!), read));
      const isNew = tokenOf(row).startsWith('again-');
      if (isBridged(bagOf(row))) bridged++;
      else expect(isNew, `${nameOf(row)} was there from the start and is not migrated`).toBe(true);
    }
    expect(bridged).toBeGreaterThan(0);

    const again = await statebag(
      directory,
      'migrate',
      `dynamodb://${living.table}`,
      '--store',
      'store',
      ...common,
      '--apply',
      '--quiet',
    ).ended;
    expect({ code: again.code, stderr: again.code === 0 ? '' : again.stderr }).toEqual({ code: 0, stderr: '' });
    expect((await all(living)).filter((row) => !isBridged(bagOf(row)))).toEqual([]);
    expect((await statebag(directory, 'verify', '--journal', 'journal', '--quiet').ended).code).toBe(0);
    expect((await statebag(directory, 'rollback', '--journal', 'journal', '--apply', '--quiet').ended).code).toBe(0);
    for (const row of await all(living)) {
      expect(rowText({ ...row, taskToken: { S: '' } })).toBe(
        rowText({ ...people.current.get(rowText(keyOf(row)))!, taskToken: { S: '' } }),
      );
    }
    expect(await all(living)).toHaveLength(people.waiting.length);
  });
}

class People {
  readonly answers: Answer[] = [];
  /** Rows as they were stored, by key: those that still wait. */
  readonly current = new Map<string, Row>();
  private readonly ids: string[] = [];
  private pauses = 0;

  constructor(
    private readonly living: LivingTable,
    rows: readonly Row[],
    private readonly random: Random,
  ) {
    // Four of ten nobody answers, so that the migration has rows however fast people are.
    rows.forEach((row, at) => {
      this.wait(row, at % 10 < 6);
    });
  }

  get waiting(): readonly Row[] {
    return [...this.current.values()];
  }

  async answerUntil(child: { readonly ended: Promise<Ended> }): Promise<Ended> {
    let isRunning = true;
    const ended = child.ended.finally(() => (isRunning = false));
    const hands = Array.from({ length: 3 }, async () => {
      while (isRunning && this.ids.length > 0) await this.answer();
    });
    await Promise.all(hands);
    return ended;
  }

  private async answer(): Promise<void> {
    const stored = this.take();
    const { client, table: TableName } = this.living;
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: wire(keyOf(stored)), ConsistentRead: true }),
    );
    const row = Item as unknown as Row;
    expect(Item).toBeDefined();
    // The handler sends what it has read, and deletes the row afterwards.
    await sleep(this.random.below(4));
    await client.send(
      new DeleteItemCommand({
        TableName,
        Key: wire(keyOf(row)),
        ConditionExpression: 'taskToken = :t',
        ExpressionAttributeValues: { ':t': { S: tokenOf(row) } },
      }),
    );
    this.answers.push({ row, stored });
    if (this.random.fraction() < 0.7) await this.pauseAgain(row);
  }

  /** Takes one of those that somebody answers. */
  private take(): Row {
    const at = this.random.below(this.ids.length);
    const id = this.ids[at]!;
    this.ids[at] = this.ids.at(-1)!;
    this.ids.pop();
    const stored = this.current.get(id)!;
    this.current.delete(id);
    return stored;
  }

  private wait(row: Row, isAnswered = true): void {
    const id = rowText(keyOf(row));
    if (isAnswered) this.ids.push(id);
    this.current.set(id, row);
  }

  private async pauseAgain(row: Row): Promise<void> {
    const again = pausedRow(nameOf(row), this.random.pick(ROW_FORMS), { token: `again-${++this.pauses}`, size: 2_000 });
    const { client, table: TableName } = this.living;
    await client.send(
      new PutItemCommand({
        TableName,
        Item: wire(again),
        ConditionExpression: 'attribute_not_exists(conversation_id)',
      }),
    );
    this.wait(again);
  }
}

function nameOf({ conversation_id: id }: Row): string {
  return (id as { readonly S: string }).S.split(':').at(-1)!;
}

async function putAll({ client, table }: LivingTable, rows: readonly Row[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(rows.length / 25) }, (_, at) => rows.slice(at * 25, at * 25 + 25));
  for (const batch of batches)
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: { [table]: batch.map((row) => ({ PutRequest: { Item: wire(row) } })) },
      }),
    );
}

async function all({ client, table: TableName }: LivingTable): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let start: Wire | undefined, isFirst = true; isFirst || start; isFirst = false) {
    const { Items, LastEvaluatedKey } = await client.send(
      new ScanCommand({ TableName, ConsistentRead: true, ...(start && { ExclusiveStartKey: start }) }),
    );
    rows.push(...((Items ?? []) as unknown as Row[]));
    start = LastEvaluatedKey;
  }
  return rows;
}

function statebag(directory: string, ...args: readonly string[]): { readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
  return { ended };
}
