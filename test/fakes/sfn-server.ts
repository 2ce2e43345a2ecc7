import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An execution as the fake keeps it. Times are seconds since 1970, as on the wire. */
export interface FakeExecution {
  readonly executionArn: string;
  /** Of the state machine or map run it belongs to. */
  readonly parentArn: string;
  readonly status: string;
  readonly startDate: number;
  readonly stopDate?: number;
  readonly redriveStatus?: string;
  /** Oldest first, in the form of `GetExecutionHistory`. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

export interface SfnServer {
  readonly endpoint: string;
  readonly executions: FakeExecution[];
  /** Names of the actions asked for, in order. */
  readonly calls: string[];
  /** Error names to answer the next calls of an action with. */
  readonly failures: { readonly action: string; readonly error: string }[];
  stop(): Promise<void>;
}

interface Asked {
  readonly stateMachineArn?: string;
  readonly mapRunArn?: string;
  readonly executionArn?: string;
  readonly statusFilter?: string;
  readonly reverseOrder?: boolean;
  readonly nextToken?: string;
}

/** Step Functions in this process: what the listing of executions and their histories needs, in pages of `pageSize`. */
export async function startSfnServer(pageSize = 3): Promise<SfnServer> {
  const [executions, calls, failures]: [FakeExecution[], string[], { action: string; error: string }[]] = [[], [], []];
  const server = createServer((incoming, response) => void serve(incoming, response));
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const action = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    calls.push(action);
    const asked = JSON.parse(await textOf(incoming)) as Asked;
    const at = failures.findIndex((failure) => failure.action === action);
    const [failure] = at < 0 ? [] : failures.splice(at, 1);
    const answer = failure ? failureOf(failure.error) : answerTo(action, asked, executions, pageSize);
    response
      .writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify(answer.body));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    executions,
    calls,
    failures,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

function failureOf(error: string): Answer {
  return { status: 400, body: { __type: `com.amazonaws.states#${error}`, message: `a made-up ${error}` } };
}

function answerTo(action: string, asked: Asked, executions: readonly FakeExecution[], pageSize: number): Answer {
  if (action === 'ListExecutions') return listAnswer(asked, executions, pageSize);
  const found = executions.find(({ executionArn }) => executionArn === asked.executionArn);
  if (!found) return failureOf('ExecutionDoesNotExist');
  if (action === 'DescribeExecution')
    return {
      status: 200,
      body: { executionArn: found.executionArn, status: found.status, redriveStatus: found.redriveStatus },
    };
  const events = found.events.map((event, index) => ({ id: index + 1, previousEventId: index, ...event }));
  return {
    status: 200,
    body: paged('events', asked.reverseOrder === true ? events.reverse() : events, asked.nextToken, pageSize),
  };
}

function listAnswer(asked: Asked, executions: readonly FakeExecution[], pageSize: number): Answer {
  const parent = asked.mapRunArn ?? asked.stateMachineArn;
  if (parent?.endsWith(':missing')) return failureOf('StateMachineDoesNotExist');
  const found = executions.filter(
    ({ parentArn, status }) =>
      parentArn === parent && (asked.statusFilter === undefined || status === asked.statusFilter),
  );
  const listed = found.map(({ executionArn, status, startDate, stopDate }) => ({
    executionArn,
    status,
    startDate,
    stopDate,
    name: executionArn,
    stateMachineArn: parent,
  }));
  return { status: 200, body: paged('executions', listed, asked.nextToken, pageSize) };
}

function paged(name: string, items: readonly object[], token: string | undefined, pageSize: number): object {
  const from = Number(token ?? 0);
  const next = from + pageSize < items.length ? { nextToken: String(from + pageSize) } : {};
  return { [name]: items.slice(from, from + pageSize), ...next };
}
