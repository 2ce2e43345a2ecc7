import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import pMap from 'p-map';
import { DEFAULT_LAYOUT } from '../src/bag/keys.js';
import { Committer } from '../src/run/commit.js';
import { nodeDisk } from '../src/sources/disk.js';
import { storeSink } from '../src/run/transform.js';
import { knownDigests, knownManifests } from '../src/store/address.js';
import { Journal } from '../src/journal/journal.js';
import { runSources } from '../src/run/engine.js';
import { attributeText, parseAttribute } from '../src/sources/dynamodb/attributes.js';
import { TableSource } from '../src/sources/dynamodb/rows.js';
import { parseTableUri } from '../src/sources/dynamodb/id.js';
import { dynamoDbTable } from '../src/sources/dynamodb/table.js';
import type { Attribute, Row } from '../src/sources/dynamodb/port.js';
import { memoryBlobStore } from '../src/store/index.js';
import type { BlobStore } from '../src/store/index.js';
import { makeFleet } from '../examples/fleet/fleet.js';
import { startDynamoDbServer } from '../test/fakes/dynamodb-server.js';
import { TableState } from '../test/fakes/table-state.js';
import type { Figure } from './figure.js';
import { interleave, median } from './median.js';
import { inScratch } from './places.js';

export interface RowsOptions {
  /** Rows in the table; it is measured with twice as many too. */
  readonly rows: number;
  readonly rounds: number;
}

export interface RowsResult {
  readonly rows: number;
  /** Milliseconds a row. */
  readonly migration: number;
  readonly script: number;
  /** Write units a row. */
  readonly migrationUnits: number;
  readonly scriptUnits: number;
  readonly server: string;
}

const CONCURRENCY = 8;
const REGION = 'us-east-1';

/**
 * Rewriting rows with journal, conditions and blobs against a script that scans and puts back, on one server in one
 * run.
 */
export async function benchRows({ rows, rounds }: RowsOptions): Promise<readonly RowsResult[]> {
  process.env.AWS_ACCESS_KEY_ID ??= 'bench';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'bench';
  const ground = await openGround();
  try {
    return [await compare(ground, rows, rounds), await compare(ground, rows * 2, rounds)];
  } finally {
    await ground.close();
  }
}

interface Ground {
  readonly server: string;
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  createTable(): Promise<string>;
  close(): Promise<void>;
}

/** DynamoDB Local where the environment names one; else a server in this process, whose own work both sides bear. */
async function openGround(): Promise<Ground> {
  const named = process.env.STATEBAG_TEST_DYNAMODB_ENDPOINT;
  const tables: TableState[] = [];
  const own = named === undefined ? await startDynamoDbServer({ tables }) : undefined;
  const endpoint = named ?? own?.endpoint ?? '';
  const client = new DynamoDBClient({ endpoint, region: REGION });
  const createTable = async () => {
    const name = `Rows-${randomUUID()}`;
    if (own) tables.push(new TableState(name));
    else await client.send(new CreateTableCommand(definition(name)));
    return name;
  };
  return {
    server: own ? 'an in-process server' : 'DynamoDB Local',
    endpoint,
    client,
    createTable,
    close: async () => own?.stop(),
  };
}

function definition(TableName: string): ConstructorParameters<typeof CreateTableCommand>[0] {
  const keys = ['ownerId', 'conversation_id'];
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
  };
}

async function compare(ground: Ground, count: number, rounds: number): Promise<RowsResult> {
  const rows = pausedRows(count);
  const units = { migration: [] as number[], script: [] as number[] };
  let table = '';
  const prepare = async () => {
    table = await ground.createTable();
    await pMap(rows, (row) => ground.client.send(new PutItemCommand({ TableName: table, Item: wire(row) })), {
      concurrency: CONCURRENCY,
    });
  };
  const medians = await interleave(
    [
      { name: 'migration', prepare, run: async () => units.migration.push(await migrateTable(ground, table)) },
      { name: 'script', prepare, run: async () => units.script.push(await scanAndPut(ground, table)) },
    ],
    rounds,
  );
  const [migration, script] = ['migration', 'script'].map((name) => medians.get(name)! / count);
  return {
    rows: count,
    migration: migration!,
    script: script!,
    migrationUnits: median(units.migration) / count,
    scriptUnits: median(units.script) / count,
    server: ground.server,
  };
}

/** Rows of the usual size, of a few workflows, as the task-token function stores them. */
function pausedRows(count: number): readonly Row[] {
  const fleet = makeFleet({ seed: 13, bags: count, workflows: 8, size: 'small' });
  return Array.from(fleet, ({ bytes }, at) => ({
    ownerId: { S: `owner-${at % 7}` },
    conversation_id: { S: `arn:aws:states:eu-central-1:123456789012:execution:flow:e${at}` },
    taskToken: { S: `token-${at}` },
    ttl: { N: '4925432000' },
    context: parseAttribute(bytes),
  }));
}

async function migrateTable({ endpoint }: Ground, name: string): Promise<number> {
  return inScratch(async (directory) => {
    const table = dynamoDbTable(name, { endpoint, region: REGION });
    const blobs = memoryBlobStore({ bucket: 'bench' });
    const journal = await Journal.open(join(directory, 'journal'), nodeDisk);
    const committer = new Committer({
      journal,
      destination: { isCopy: false, pathOf: ({ id }) => id, open: (container) => container.replace() },
      runId: 'bench',
      now: () => '2026-02-01T00:00:00.000Z',
      begin: () => undefined,
      pending: new Map(),
      disk: nodeDisk,
    });
    const addressing = { layout: DEFAULT_LAYOUT, bucket: blobs.bucket, prefix: blobs.prefix, digest: knownDigests() };
    const settings = {
      target: 'bridge',
      manifestForm: 'list',
      addressing,
      manifests: knownManifests(),
      blobs: storeSink(blobs),
    } as const;
    const source = new TableSource(`dynamodb://${name}`, table, parseTableUri(`dynamodb://${name}`));
    const { totals } = await runSources({ sources: [source], settings, committer, concurrency: CONCURRENCY });
    await journal.close();
    if (totals.migrated !== totals.documents)
      throw new Error(`only ${totals.migrated} of ${totals.documents} rows were migrated`);
    return table.consumed.write;
  });
}

/**
 * What one writes in an afternoon: read a page, put pointers into the rows, put the rows back. No condition, no way
 * back.
 */
async function scanAndPut({ client }: Ground, TableName: string): Promise<number> {
  const blobs = memoryBlobStore({ bucket: 'bench' });
  let units = 0;
  for (let start: Record<string, AttributeValue> | undefined, isFirst = true; isFirst || start; isFirst = false) {
    const page = await client.send(new ScanCommand({ TableName, ...(start && { ExclusiveStartKey: start }) }));
    const put = async (item: Record<string, AttributeValue>) => {
      const row = await withPointers(item as unknown as Row, blobs);
      const reply = await client.send(
        new PutItemCommand({ TableName, Item: wire(row), ReturnConsumedCapacity: 'TOTAL' }),
      );
      units += reply.ConsumedCapacity?.CapacityUnits ?? 0;
    };
    await pMap(page.Items ?? [], put, { concurrency: CONCURRENCY });
    start = page.LastEvaluatedKey;
  }
  return units;
}

async function withPointers(row: Row, blobs: BlobStore): Promise<Row> {
  const members = { ...(row.context as { readonly M: Row }).M };
  for (const name of ['workflow_config', 'partition_map']) {
    const value = members[name];
    if (value !== undefined) members[name] = await pointerTo(name, value, blobs);
  }
  return { ...row, context: { M: members } };
}

async function pointerTo(name: string, value: Attribute, blobs: BlobStore): Promise<Attribute> {
  const bytes = Buffer.from(attributeText(value).text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const checksum = createHash('md5').update(bytes).digest('hex').slice(0, 8);
  await blobs.put({
    key: `${name}/${sha256}.json`,
    bytes,
    sha256,
    contentType: 'application/json',
    metadata: {},
    addressed: true,
  });
  return {
    M: {
      __s3_pointer__: { BOOL: true },
      bucket: { S: blobs.bucket },
      key: { S: `${name}/${sha256}.json` },
      checksum: { S: checksum },
    },
  };
}

function wire(row: Row): Record<string, AttributeValue> {
  return row as unknown as Record<string, AttributeValue>;
}

export function rowsFigures([once, twice]: readonly RowsResult[]): readonly Figure[] {
  if (!once || !twice) throw new Error('rows are measured twice');
  const { migration, script, migrationUnits, scriptUnits, server, rows } = twice;
  const perSecond = (milliseconds: number) => (1000 / milliseconds).toFixed(0);
  return [
    {
      bench: 'rows',
      what: 'rows a second, over scan and put',
      value: script / migration,
      unit: 'x',
      target: { atLeast: 0.33 },
      remark: `${perSecond(migration)} rows a second against ${perSecond(script)}, ${rows} rows on ${server}, with journal and conditions`,
    },
    {
      bench: 'rows',
      what: 'write units a row, over scan and put',
      value: migrationUnits / scriptUnits,
      unit: 'x',
      target: { atMost: 1.01 },
      remark: `${migrationUnits.toFixed(1)} against ${scriptUnits.toFixed(1)}`,
    },
    {
      bench: 'rows',
      what: 'time a row with twice the rows',
      value: twice.migration / once.migration,
      unit: 'x',
      target: { atMost: 1.5 },
      remark: `${once.migration.toFixed(2)} ms a row with ${once.rows}, ${twice.migration.toFixed(2)} ms with ${twice.rows}`,
    },
  ];
}
