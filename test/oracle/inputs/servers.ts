import type { FakeExecution } from '../../fakes/sfn-server.js';
import type { CommandCase, Files, Row } from '../world.js';
import type { LambdaStep } from '../lambda-step.js';
import { ALLOWED_PLACES, BUCKETS, FOLDERS, corpusFiles, turnFor } from './shapes.js';
import type { Shape } from './shapes.js';

const REACH = ['--endpoint', '$S3', '--region', 'eu-central-1'];
const TABLE = ['--dynamodb-endpoint', '$DYNAMODB', '--region', 'eu-central-1'];
const IN_ORDER = ['--concurrency', '1'];
const JOURNAL = ['--journal', 'journal'];

const run = (...args: string[]) => ({ args });

function objectsOf({ bytes, objects }: Shape, key = 'bags/a.json'): Files {
  return { [`paused/${key}`]: bytes, ...objects };
}

/** Documents and blobs on S3, there and back, with the attributes of the objects. */
export function s3Circle(shape: Shape, options: readonly string[] = []): CommandCase {
  const store = ['--store', 's3://blobs/of/team', ...ALLOWED_PLACES, ...REACH];
  const migrate = ['migrate', 's3://paused/bags/', ...store, ...JOURNAL, ...IN_ORDER, '--json', ...options];
  return {
    kind: `S3: ${shape.origin}`,
    title: `S3 circle${options.map((option) => ` ${option}`).join('')} of ${shape.title}`,
    objects: objectsOf(shape),
    steps: [
      run('inspect', 's3://paused/bags/', ...store, '--json', ...IN_ORDER),
      run(...migrate, '--apply'),
      run('verify', ...JOURNAL, ...IN_ORDER, '--json'),
      run(...migrate, '--apply'),
      run('can-contract', 's3://paused/bags/', ...store, '--json', ...IN_ORDER),
      run('rollback', ...JOURNAL, ...IN_ORDER, '--json', '--apply'),
      {
        ...run('gc', 's3://paused/bags/', ...store, '--json', ...IN_ORDER, '--apply', '--no-journal'),
        old: ['gc', 's3://paused/bags/', ...store, '--json', ...IN_ORDER, '--apply'],
        now: '2040-01-01T00:00:00.000Z',
      },
    ],
  };
}

/** The functions of S3 Batch Operations and of a Distributed Map over a few objects, and what is collected of them. */
export function fleetFunctions(shapes: readonly Shape[]): CommandCase[] {
  const objects: Files = Object.assign({}, ...shapes.map((shape, at) => objectsOf(shape, `bags/${at}.json`))) as Files;
  const keys = [...shapes.map((_, at) => `bags/${at}.json`), 'bags/missing.json'];
  const env = (to: string) => ({
    STATEBAG_STORE: 's3://blobs',
    STATEBAG_RECORDS: 's3://paused/records',
    STATEBAG_TO: to,
    STATEBAG_ENDPOINT: '$S3',
    STATEBAG_REGION: 'eu-central-1',
    STATEBAG_ALLOW_BUCKETS: BUCKETS.join(','),
    STATEBAG_ALLOW_PREFIXES: FOLDERS.join(','),
    STATEBAG_CONCURRENCY: '1',
  });
  const batch = (to: string): LambdaStep => ({
    lambda: 's3-batch',
    env: env(to),
    event: {
      invocationSchemaVersion: '2.0',
      invocationId: 'invocation',
      job: { id: 'job' },
      tasks: keys.map((s3Key, at) => ({ taskId: `task-${at}`, s3Key, s3Bucket: 'paused' })),
    },
  });
  const map = (to: string): LambdaStep => ({
    lambda: 'map-item',
    env: env(to),
    event: { Items: keys.map((key) => ({ id: `s3://paused/${key}` })), BatchInput: { run: 'map-run' } },
  });
  const collect = run(
    ...['fleet', 'collect', '--records', 's3://paused/records', '--store', 's3://blobs', ...JOURNAL, '--json'],
    ...REACH,
  );
  const follow = [
    collect,
    run('status', ...JOURNAL, '--json'),
    run('verify', ...JOURNAL, ...IN_ORDER, '--json'),
    run('fleet', 'manifest', '--only-failed', ...JOURNAL, '--format', 'jsonl', ...REACH),
    run('rollback', ...JOURNAL, ...IN_ORDER, '--json', '--apply'),
  ];
  return (['lean', 'bridge'] as const).flatMap((to) =>
    [batch(to), map(to)].map((call) => ({
      kind: 'functions of a fleet, and what is collected of them',
      title: `${call.lambda} to ${to} over ${shapes.length} objects (${shapes[0]!.title})`,
      objects,
      steps: [
        call,
        call,
        ...(to === 'lean'
          ? follow
          : follow.map((step) => (step === collect ? run(...step.args, '--to', 'bridge') : step))),
      ],
    })),
  );
}

const OWNER = 'owner-1';

/** Places where rows of paused executions keep their bag. */
const PLACES: Readonly<Record<string, (bag: unknown, text: string) => Row>> = {
  map: (bag) => ({ context: attribute(bag) }),
  text: (_bag, text) => ({ context: { S: text } }),
  state_data: (bag) => ({ context: { NULL: true }, state_data: attribute(bag) }),
  nested: (bag) => ({ context: { M: { state_data: { M: { bag: attribute(bag), next_action: { S: 'WAIT' } } } } } }),
  'nested text': (_bag, text) => ({ context: { M: { state_data: { S: text } } } }),
};

function rowOf(name: string, context: Row, owner = OWNER): Row {
  const id = `arn:aws:states:eu-central-1:123456789012:execution:flow:${name}`;
  return {
    ownerId: { S: owner },
    conversation_id: { S: id },
    execution_id: { S: id },
    taskToken: { S: `token-${name}` },
    createdAt: { N: '1769760000' },
    ttl: { N: '4925432000' },
    receipt: { B: Uint8Array.from([0, 159, 146, 150]) },
    ...context,
  };
}

/** A row with the bag of a shape, there and back. Undefined for what fits in no row. */
export function rowCircle(shape: Shape, options: readonly string[] = []): CommandCase | undefined {
  const [place, put] = Object.entries(PLACES)[turnFor(shape.title) % Object.keys(PLACES).length]!;
  const bag = parse(shape.bytes);
  if (bag === undefined || shape.bytes.length > 300_000) return undefined;
  const owner = ownerOf(bag) ?? OWNER;
  return tableCase(
    `DynamoDB rows: ${shape.origin}`,
    `row (${place})${options.map((option) => ` ${option}`).join('')} of ${shape.title}`,
    [rowOf('a', put(bag, shape.bytes.toString()), owner)],
    Object.fromEntries(Object.entries(shape.objects).map(([path, content]) => [`store/${path}`, content])),
    options,
  );
}

/** Rows of the corpus as they are. */
export function corpusRows(): CommandCase[] {
  return Object.entries(corpusFiles('task-tokens'))
    .filter(([path]) => path.endsWith('.dynamodb.json'))
    .flatMap(([path, bytes]) => {
      const read = JSON.parse(bytes.toString()) as Row | { readonly Item: Row };
      const row = 'Item' in read && !('S' in read.Item) ? (read.Item as Row) : (read as Row);
      return row.ownerId === undefined || row.conversation_id === undefined
        ? []
        : [path.length % 2 === 0 ? [] : ['--to', 'lean']].map((options) =>
            tableCase(
              'DynamoDB rows: corpus',
              `row ${options.join(' ')} of corpus ${path}`,
              [bytesOf(row)],
              corpusStore(),
              options,
            ),
          );
    });
}

function corpusStore(): Files {
  return Object.fromEntries(
    Object.entries(corpusFiles('s3')).map(([path, content]) => [path.replace(/^s3\//, 'store/'), content]),
  );
}

function tableCase(
  kind: string,
  title: string,
  rows: readonly Row[],
  files: Files,
  options: readonly string[],
): CommandCase {
  const store = ['--store', 'store', ...ALLOWED_PLACES, ...TABLE];
  const migrate = ['migrate', 'dynamodb://Tokens', ...store, ...JOURNAL, ...IN_ORDER, '--json', ...options];
  return {
    kind,
    title,
    rows,
    files,
    steps: [
      run('inspect', 'dynamodb://Tokens', ...store, '--json', ...IN_ORDER),
      run(...migrate, '--apply'),
      run('verify', ...JOURNAL, ...IN_ORDER, '--json'),
      run(...migrate, '--apply'),
      run('can-contract', 'dynamodb://Tokens', ...store, '--json', ...IN_ORDER),
      run('rollback', ...JOURNAL, ...IN_ORDER, '--json', '--apply'),
    ],
  };
}

/** Executions of Step Functions, which can-contract reads. */
export function executions(shapes: readonly Shape[]): CommandCase[] {
  const machine = 'arn:aws:states:eu-central-1:123456789012:stateMachine:flow';
  const now = Date.parse('2026-02-01T08:00:00Z') / 1000;
  const event = (text: string) => ({
    type: 'ExecutionStarted',
    timestamp: now - 90,
    executionStartedEventDetails: { input: text },
  });
  const entered = (input: string) => ({
    type: 'TaskStateEntered',
    timestamp: now - 80,
    stateEnteredEventDetails: { name: 'WaitForHITPCallback', input },
  });
  return shapes.flatMap((shape, at) =>
    [(['RUNNING', 'FAILED', 'SUCCEEDED'] as const)[turnFor(shape.title) % 3]!].map((status) => {
      const execution: FakeExecution = {
        executionArn: `arn:aws:states:eu-central-1:123456789012:execution:flow:${at}`,
        parentArn: machine,
        status,
        startDate: now - 86_400,
        ...(status === 'RUNNING'
          ? {}
          : { stopDate: now - 3600, redriveStatus: status === 'FAILED' ? 'REDRIVABLE' : 'NOT_REDRIVABLE' }),
        events: [event('{}'), entered(shape.bytes.toString())],
      };
      return {
        kind: 'executions of Step Functions',
        title: `execution ${status} with ${shape.title}`,
        executions: [execution],
        files: Object.fromEntries(Object.entries(shape.objects).map(([path, content]) => [`store/${path}`, content])),
        steps: [
          run('can-contract', `sfn://${machine}`, '--store', 'store', '--json', ...IN_ORDER),
          run('can-contract', `sfn://${machine}`, '--store', 'store', '--accept', 'bridge', ...IN_ORDER),
          run('inspect', `sfn://${machine}`, '--json', ...IN_ORDER),
        ],
      };
    }),
  );
}

function parse(bytes: Buffer): unknown {
  try {
    const value = JSON.parse(bytes.toString()) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function ownerOf(value: unknown): string | undefined {
  const { ownerId, state_data: data, bag, Payload: payload } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof ownerId === 'string' && ownerId !== '') return ownerId;
  const inner = data ?? bag ?? payload;
  return typeof inner === 'object' ? ownerOf(inner) : undefined;
}

type Attribute = Row[string];

function attribute(value: unknown): Attribute {
  if (value === null || value === undefined) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(attribute) };
  return { M: Object.fromEntries(Object.entries(value).map(([name, child]) => [name, attribute(child)])) };
}

/** Binary values of DynamoDB JSON are base64 text. */
function bytesOf(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, binary(value)]));
}

function binary(value: Attribute): Attribute {
  if ('B' in value) return { B: Buffer.from(String(value.B), 'base64') };
  if ('M' in value) return { M: bytesOf(value.M) };
  return 'L' in value ? { L: value.L.map(binary) } : value;
}
