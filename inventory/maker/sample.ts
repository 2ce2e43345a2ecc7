import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createMapHandler } from 'statebag-shim/lambda/map-item';
import { createS3BatchHandler } from 'statebag-shim/lambda/s3-batch';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { USUAL_MIX } from '../../examples/fleet/variants/index.js';
import { writeFleet } from '../../examples/fleet/write-fleet.js';
import { startDynamoDbServer } from '../../test/fakes/dynamodb-server.js';
import { startS3Server } from '../../test/fakes/s3-server.js';
import { TableState } from '../../test/fakes/table-state.js';
import { seenKeyLines } from './json-seen.js';
import { run } from './sources.js';
import type { CliIo } from './sources.js';

/** A day on which nothing of the sample has expired. */
const NOW = '2026-02-01T08:00:00.000Z';

const REGION = 'eu-central-1';

/**
 * Runs the commands over documents of every kind, and tells the key paths of all JSON that they write: on standard
 * output, in journals, plans and records, and in the answers of the functions.
 */
export async function sampleLines(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'statebag-inventory-'));
  const restored = withEnvironment({
    AWS_ACCESS_KEY_ID: 'sample',
    AWS_SECRET_ACCESS_KEY: 'sample',
    AWS_REGION: REGION,
  });
  const sample = new Sample(folder);
  try {
    await overFiles(sample);
    await overRows(sample);
    await overObjects(sample);
    return sample.lines;
  } finally {
    restored();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Sample {
  readonly lines: string[] = [];
  #runs = 0;

  constructor(readonly folder: string) {}

  write(path: string, text: string | Uint8Array): void {
    const file = join(this.folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  }

  /** Notes the JSON that a command line writes to standard output. */
  async json(output: string, args: readonly string[], stdin = ''): Promise<void> {
    const { out, err } = await this.run(args, stdin);
    if (out === '') throw new Error(`${args.join(' ')} wrote nothing: ${err}`);
    this.lines.push(...seenKeyLines(output, JSON.parse(out)));
  }

  /** Notes every line that a command line writes to standard output. */
  async jsonLines(output: string, args: readonly string[], stdin = ''): Promise<void> {
    this.noteLines(output, (await this.run(args, stdin)).out);
  }

  noteLines(output: string, text: string): void {
    const lines = text.split('\n').filter((line) => line !== '');
    if (lines.length === 0) throw new Error(`there is nothing in ${output}`);
    this.lines.push(...lines.flatMap((line) => seenKeyLines(output, JSON.parse(line))));
  }

  noteFile(output: string, path: string): void {
    this.noteLines(output, readFileSync(join(this.folder, path), 'utf8'));
  }

  async run(args: readonly string[], stdin = ''): Promise<{ readonly out: string; readonly err: string }> {
    const [out, err] = [new Text(), new Text()];
    await run(args, this.io(stdin, out, err));
    return { out: out.text, err: err.text };
  }

  private io(stdin: string, stdout: Writable, stderr: Writable): CliIo {
    return {
      stdin: (async function* () {
        if (stdin !== '') yield await Promise.resolve(Buffer.from(stdin));
      })(),
      stdout,
      stderr,
      env: {},
      cwd: this.folder,
      now: () => new Date(NOW),
      newRunId: () => `run-${++this.#runs}`,
      onSignal: () => () => undefined,
      exit: () => undefined,
    };
  }
}

class Text extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function bags(options: { readonly bags: number; readonly mix?: boolean; readonly bucket?: string }) {
  const mix = options.mix ? { mix: USUAL_MIX } : {};
  return makeFleet({
    seed: 7,
    workflows: 3,
    size: 'small',
    bags: options.bags,
    bucket: options.bucket ?? 'local',
    ...mix,
  });
}

const STORE = ['--store', 'store'];

async function overFiles(sample: Sample): Promise<void> {
  const options = { form: 'files', storeDir: join(sample.folder, 'store') } as const;
  writeFleet(join(sample.folder, 'bags'), bags({ bags: USUAL_MIX.length, mix: true }), options);
  sample.write('bags/broken.json', '{"ownerId":');
  sample.write('bags/list.json', '[]');
  sample.write('bags/empty.json', '');
  sample.write('bags/notes.txt', 'no document');
  sample.write('bags/lines.ndjson', '{"hello":"world"}\n{"broken"\n');
  symlinkSync('nowhere', join(sample.folder, 'bags/link.json'));

  await sample.json('inspect --json', ['inspect', 'bags', ...STORE, '--json']);
  await sample.json('migrate --json', ['migrate', 'bags', ...STORE, '--json', '--plan-out', 'plan.ndjson']);
  sample.noteFile('plan', 'plan.ndjson');
  const migrate = ['migrate', 'bags', ...STORE, '--journal', 'journal', '--apply', '--json'];
  await sample.json('migrate --json', [...migrate, '--limit', '2', '--verify']);
  await sample.json('status --json', ['status', '--journal', 'journal', '--json']);
  await sample.json('report --json', ['report', '--journal', 'journal', '--json']);
  await sample.json('migrate --json', [...migrate, '--verify']);
  await sample.json('verify --json', ['verify', '--journal', 'journal', '--json']);
  await sample.json('status --json', ['status', '--journal', 'journal', '--json']);
  await sample.json('report --json', ['report', '--journal', 'journal', '--json']);
  await sample.json('can-contract --json', ['can-contract', 'bags', ...STORE, '--json']);
  putGarbage(sample);
  sample.write('empty-folder/notes.txt', 'no document');
  const collect = [
    'gc',
    'bags',
    'empty-folder',
    ...STORE,
    '--no-journal',
    '--allow-empty',
    '--ignore',
    '*.md',
    '--json',
  ];
  await sample.json('gc --json', collect);
  sample.write('clean/bag.json', '{"hello":"world"}');
  await sample.json('gc --json', ['gc', 'clean', ...STORE, '--no-journal', '--json']);
  await checks(sample);
  await sample.json('rollback --json', ['rollback', '--journal', 'journal', '--json']);
  await sample.json('rollback --json', ['rollback', '--journal', 'journal', '--apply', '--json']);
  sample.noteFile('journal', 'journal/journal.ndjson');
  await sample.json('fleet plan --json', ['fleet', 'plan', 'bags', ...STORE, '--json']);
  await sample.jsonLines('fleet manifest, jsonl', ['fleet', 'manifest', 'bags', '--format', 'jsonl']);
}

/** A blob that nothing points to, old enough to go. */
function putGarbage(sample: Sample): void {
  const text = '{"nothing":"points here"}';
  const path = `store/local/workflow-configs/o/w/${createHash('sha256').update(text).digest('hex')}/config.json`;
  sample.write(path, text);
  const old = new Date('2020-01-01T00:00:00Z');
  utimesSync(join(sample.folder, path), old, old);
}

async function checks(sample: Sample): Promise<void> {
  sample.write('machine.json', JSON.stringify(MACHINE));
  sample.write('old.json', JSON.stringify({ type: 'object', properties: { a: { type: 'string' } } }));
  sample.write(
    'new.json',
    JSON.stringify({ type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'b'] }),
  );
  sample.write('stored.json', '{"a":"x"}');
  for (const format of ['json', 'sarif']) {
    const name = `--format ${format}`;
    await sample.json(`validate ${name}`, ['validate', 'bags', '--format', format]);
    await sample.json(`asl check ${name}`, ['asl', 'check', 'machine.json', '--format', format]);
    await sample.json(`schema diff ${name}`, [
      'schema',
      'diff',
      'old.json',
      'new.json',
      '--bags',
      'stored.json',
      '--format',
      format,
    ]);
  }
  const fat = readdirSync(join(sample.folder, 'bags')).find((name) => name.includes('pre'))!;
  await sample.json('segment --json', ['segment', `bags/${fat}`, ...STORE, '--json']);
  const bag = readFileSync(join(sample.folder, 'bags', fat), 'utf8').trim();
  await sample.jsonLines('adapt and seal --ndjson', ['adapt', ...STORE, '--ndjson'], `{"broken"\n`);
  sample.lines.push(
    ...seenKeyLines(
      'adapt, added members',
      withoutOwn(JSON.parse((await sample.run(['adapt', ...STORE], bag)).out), bag),
    ),
  );
}

/** The top members that an answer has and the event had not. */
function withoutOwn(answer: unknown, event: string): unknown {
  const own = Object.keys(JSON.parse(event) as object);
  const added = Object.entries(answer as object).filter(([name]) => !own.includes(name));
  return Object.fromEntries(added.map(([name, value]) => [name, typeof value]));
}

const MACHINE = {
  StartAt: 'Run',
  States: {
    Run: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: {
        Payload: { 'workflow_config.$': '$.bag.workflow_config', 'segment_to_run.$': '$.bag.segment_to_run' },
      },
      End: true,
    },
  },
};

async function overRows(sample: Sample): Promise<void> {
  const table = new TableState('Tokens');
  const server = await startDynamoDbServer({ tables: [table] });
  let at = 0;
  for (const { bytes } of bags({ bags: 3 })) {
    const context = Buffer.from(bytes).toString();
    table.put({
      ownerId: { S: /"ownerId": ?"([^"]+)"/.exec(context)![1]! },
      conversation_id: { S: `c-${at}` },
      taskToken: { S: 'token' },
      ttl: { N: String(1769930000 + 200_000 * at++) },
      context: { S: context },
    });
  }
  const reach = ['--dynamodb-endpoint', server.endpoint, '--region', REGION];
  const migrate = ['migrate', 'dynamodb://Tokens', ...STORE, '--journal', 'row-journal', ...reach, '--json'];
  try {
    await sample.json('inspect --json', ['inspect', 'dynamodb://Tokens', ...STORE, ...reach, '--json']);
    await sample.json('migrate --json', migrate);
    await sample.json('migrate --json', [...migrate, '--apply', '--verify']);
    await sample.json('verify --json', ['verify', '--journal', 'row-journal', '--json']);
    await sample.json('report --json', ['report', '--journal', 'row-journal', '--json']);
    await sample.json('can-contract --json', ['can-contract', 'dynamodb://Tokens', ...STORE, ...reach, '--json']);
    sample.noteFile('journal', 'row-journal/journal.ndjson');
  } finally {
    await server.stop();
  }
}

async function overObjects(sample: Sample): Promise<void> {
  const server = await startS3Server({ buckets: ['paused', 'blobs', 'fleet'] });
  const keys: string[] = [];
  for (const { name, bytes } of bags({ bags: 4, bucket: 'paused' })) {
    await put(server.endpoint, 'paused', name, bytes);
    keys.push(name);
  }
  await put(server.endpoint, 'paused', 'broken.json', Buffer.from('{'));
  keys.push('broken.json');
  const restored = withEnvironment({
    STATEBAG_STORE: 's3://blobs',
    STATEBAG_RECORDS: 's3://fleet/records',
    STATEBAG_ENDPOINT: server.endpoint,
    STATEBAG_REGION: REGION,
  });
  try {
    const log = listenToOutput();
    try {
      await functions(sample, keys, server.endpoint);
    } finally {
      log.stop();
    }
    sample.noteLines('function metrics', log.text());
    for (const [key, { bytes }] of server.state.bucket('fleet'))
      if (key.startsWith('records/')) sample.noteLines('records', Buffer.from(bytes).toString());
    const reach = ['--endpoint', server.endpoint, '--region', REGION];
    const collect = [
      'fleet',
      'collect',
      's3://fleet/report/manifest.json',
      '--records',
      's3://fleet/records',
      '--store',
      's3://blobs',
      '--journal',
      'fleet-journal',
    ];
    await sample.json('fleet collect --json', [...collect, ...reach, '--json']);
    sample.noteFile('journal', 'fleet-journal/journal.ndjson');
  } finally {
    restored();
    await server.stop();
  }
}

async function functions(sample: Sample, keys: readonly string[], endpoint: string): Promise<void> {
  const context = { getRemainingTimeInMillis: () => 900_000 };
  const items = keys.slice(0, 2).map((key) => ({ id: `s3://paused/${key}` }));
  sample.lines.push(...seenKeyLines('function map-item answer', await createMapHandler()({ Items: items }, context)));
  const tasks = keys.slice(2).map((s3Key) => ({ taskId: s3Key, s3Key, s3Bucket: 'paused' }));
  const event = { invocationSchemaVersion: '2.0', invocationId: 'i', job: { id: 'job' }, tasks };
  const answer = await createS3BatchHandler()(event, context);
  sample.lines.push(...seenKeyLines('function s3-batch answer', answer));
  for (const { resultString } of answer.results) sample.noteLines('function s3-batch resultString', resultString);
  await putReport(endpoint, answer.results);
}

/** A completion report as S3 writes it. */
async function putReport(
  endpoint: string,
  results: readonly { readonly taskId: string; readonly resultString: string }[],
): Promise<void> {
  const rows = results.map(({ taskId, resultString }) =>
    ['paused', taskId, '', 'succeeded', '', '200', resultString].map((cell) => `"${cell.replaceAll('"', '""')}"`),
  );
  await put(endpoint, 'fleet', 'report/all.csv', Buffer.from(`${rows.join('\n')}\n`));
  const manifest = {
    Format: 'Report_CSV_20180820',
    ReportCreationDate: NOW,
    Results: [{ TaskExecutionStatus: 'succeeded', Bucket: 'fleet', MD5Checksum: '', Key: 'report/all.csv' }],
    ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
  };
  await put(endpoint, 'fleet', 'report/manifest.json', Buffer.from(JSON.stringify(manifest)));
}

async function put(endpoint: string, bucket: string, key: string, bytes: Uint8Array): Promise<void> {
  const { ok } = await fetch(`${endpoint}/${bucket}/${key}`, { method: 'PUT', body: Buffer.from(bytes) });
  if (!ok) throw new Error(`${key} could not be stored`);
}

/** What the functions log goes to standard output, line by line. */
function listenToOutput(): { readonly text: () => string; readonly stop: () => void } {
  const write = process.stdout.write.bind(process.stdout);
  let heard = '';
  process.stdout.write = (chunk: string | Uint8Array) => {
    heard += String(chunk);
    return true;
  };
  return {
    text: () => heard,
    stop: () => {
      process.stdout.write = write;
    },
  };
}

/** Sets variables, without any other of the shim: its functions refuse variables that they do not know. */
function withEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = process.env;
  const others = Object.entries(before).filter(([name]) => !name.startsWith('STATEBAG_'));
  process.env = { ...Object.fromEntries(others), ...variables };
  return () => {
    process.env = before;
  };
}
