import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Row } from '../../src/sources/dynamodb/port.js';
import { changeOf, conditionOf } from './dynamodb-expressions.js';
import { fromWire, toWire } from './dynamodb-wire.js';
import type { Wire } from './dynamodb-wire.js';
import { segmentOf } from './memory-table.js';
import { ConditionFailed, Refused } from './table-state.js';
import type { TableState } from './table-state.js';

export interface TableRequest {
  /** Counted from 0. */
  readonly index: number;
  readonly operation: string;
  readonly body: Wire;
}

/** `before`: refused. `after`: done, and then answered with an error. `drop`: done, and the connection is cut. */
export interface TableFault {
  readonly moment: 'before' | 'after' | 'drop';
  readonly status?: number;
  readonly type?: string;
  readonly message?: string;
}

export interface DynamoDbServerOptions {
  readonly tables: readonly TableState[];
  readonly fault?: (request: TableRequest) => TableFault | undefined;
}

export interface DynamoDbServer {
  readonly endpoint: string;
  readonly requests: readonly TableRequest[];
  stop(): Promise<void>;
}

/** DynamoDB over HTTP, as far as rows of paused executions need it. Checks no signature. */
export async function startDynamoDbServer({
  tables,
  fault = () => undefined,
}: DynamoDbServerOptions): Promise<DynamoDbServer> {
  const requests: TableRequest[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      const call = { index: requests.length, operation, body };
      requests.push(call);
      answer(call, tables, fault(call), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<Wire> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Wire;
}

function answer(
  call: TableRequest,
  tables: readonly TableState[],
  fault: TableFault | undefined,
  response: ServerResponse,
): void {
  const refused = (status: number, type: string, message: string) => {
    send(response, status, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message });
  };
  const injected = () => {
    refused(fault?.status ?? 400, fault?.type ?? 'InternalServerError', fault?.message ?? 'injected');
  };
  if (fault?.moment === 'before') {
    injected();
    return;
  }
  try {
    const result = run(call, tables);
    if (fault?.moment === 'drop') response.destroy();
    else if (fault) injected();
    else send(response, 200, result);
  } catch (error) {
    if (error instanceof ConditionFailed) refused(400, 'ConditionalCheckFailedException', error.message);
    else if (error instanceof Refused) refused(400, 'ValidationException', error.message);
    else if (error instanceof NoTable) refused(400, 'ResourceNotFoundException', 'Requested resource not found');
    else refused(500, 'InternalServerError', String(error));
  }
}

function send(response: ServerResponse, status: number, body: Wire): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}

class NoTable extends Error {}

function run({ operation, body }: TableRequest, tables: readonly TableState[]): Wire {
  if (operation === 'BatchWriteItem') return putBatch(body, tables);
  const state = tables.find(({ name }) => name === body.TableName);
  if (!state) throw new NoTable();
  const operations: Readonly<Record<string, () => Wire>> = {
    DescribeTable: () => ({ Table: describe(state) }),
    GetItem: () => withItem(state.get(fromWire(body.Key)), 1),
    Scan: () =>
      page(state, body, (_, id) => segmentOf(id, Number(body.TotalSegments ?? 1)) === Number(body.Segment ?? 0)),
    Query: () => page(state, body, (row) => conditionOf(body, body.KeyConditionExpression)(row)),
    PutItem: () => metered(state.put(fromWire(body.Item), conditionOf(body))),
    DeleteItem: () => metered(state.delete(fromWire(body.Key), conditionOf(body))),
    UpdateItem: () => metered(state.update(fromWire(body.Key), conditionOf(body), changeOf(body))),
  };
  const found = operations[operation];
  if (!found) throw new Refused(`${operation} is not known here`);
  return found();
}

/** Of puts only. */
function putBatch({ RequestItems }: Wire, tables: readonly TableState[]): Wire {
  for (const [name, requests] of Object.entries(
    RequestItems as Readonly<Record<string, readonly { readonly PutRequest: { readonly Item: Wire } }[]>>,
  )) {
    const state = tables.find((table) => table.name === name);
    if (!state) throw new NoTable();
    for (const { PutRequest } of requests) state.put(fromWire(PutRequest.Item));
  }
  return {};
}

function metered(units: number): Wire {
  return { ConsumedCapacity: { CapacityUnits: units } };
}

function withItem(row: Row | undefined, units: number): Wire {
  return { ...(row && { Item: toWire(row) }), ...metered(units) };
}

function page(state: TableState, body: Wire, passes: (row: Row, id: string) => boolean): Wire {
  const name = body.IndexName as string | undefined;
  const index = name === undefined ? undefined : state.indexes.get(name);
  if (name !== undefined && !index) throw new Refused('The table does not have the specified index');
  const start = body.ExclusiveStartKey as { readonly at: { readonly S: string } } | undefined;
  const { rows, next, units } = state.page(
    start?.at.S,
    (row, id) => passes(row, id) && (index?.keys.every((key) => row[key.name]) ?? true),
  );
  const names =
    index?.projection === 'KEYS_ONLY' ? new Set([...state.keys, ...index.keys].map((key) => key.name)) : undefined;
  const shown = rows.map((row) =>
    toWire(names ? Object.fromEntries(Object.entries(row).filter(([member]) => names.has(member))) : row),
  );
  return {
    Items: shown,
    Count: rows.length,
    ...(next !== undefined && { LastEvaluatedKey: { at: { S: next } } }),
    ...metered(units),
  };
}

function describe({ name, keys, indexes }: TableState): Wire {
  const schema = (of: TableState['keys']) =>
    of.map((key, at) => ({ AttributeName: key.name, KeyType: at === 0 ? 'HASH' : 'RANGE' }));
  const all = new Map(
    [...keys, ...Array.from(indexes.values()).flatMap((index) => index.keys)].map((key) => [key.name, key.type]),
  );
  return {
    TableName: name,
    KeySchema: schema(keys),
    AttributeDefinitions: Array.from(all, ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    GlobalSecondaryIndexes: Array.from(indexes, ([IndexName, index]) => ({
      IndexName,
      KeySchema: schema(index.keys),
      Projection: { ProjectionType: index.projection },
    })),
  };
}
