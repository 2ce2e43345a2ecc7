import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import type { DynamoDbServer } from '../fakes/dynamodb-server.js';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { startSfnServer } from '../fakes/sfn-server.js';
import type { FakeExecution, SfnServer } from '../fakes/sfn-server.js';
import { TableState } from '../fakes/table-state.js';
import { vi } from 'vitest';
import type { Build } from './builds.js';
import type { Item } from './compare.js';
import { parseTree } from './json-tree.js';
import { runLambda } from './lambda-step.js';
import type { LambdaStep } from './lambda-step.js';
import { runProcess, runStep, textOf, withoutRun } from './terminal.js';
import type { Step } from './terminal.js';

export type Files = Readonly<Record<string, string | Uint8Array>>;
export type Row = Parameters<TableState['put']>[0];

/** Files that are written between two command lines, as a running fleet would. */
interface Edit {
  readonly write: Files;
}

/** An input: what is there, and what is called. */
export interface CommandCase {
  /** For the counts: the command and the kind of its input. */
  readonly kind: string;
  /** Unique. */
  readonly title: string;
  /** By path in the working directory. */
  readonly files?: Files;
  /** By bucket and key: `paused/bags/a.json`. */
  readonly objects?: Files;
  readonly rows?: readonly Row[];
  readonly executions?: readonly FakeExecution[];
  readonly steps: readonly (Step | Edit | LambdaStep)[];
  /** Run the shipped command line, as processes. */
  readonly isProcess?: boolean;
}

const WRITTEN = new Date('2026-01-31T00:00:00Z');

const BUCKETS = ['paused', 'blobs', 'local', 'analemma-workflow-state-dev'];

/** Where both builds work, one after the other, with the same paths and the same servers. */
export class World {
  /** `suite`: of letters. The same path in every run: the shard of a document, for one, depends on it. */
  constructor(suite: string) {
    this.#base = join(tmpdir(), `statebag-oracle-${suite}`);
    this.dir = join(this.#base, 'work');
    claim(this.#base);
    // Only the date: timers and the sockets behind them go on.
    vi.useFakeTimers({ toFake: ['Date'] });
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  }

  readonly #base: string;
  readonly dir: string;
  #tables: TableState[] = [];
  #s3: S3Server | undefined;
  #dynamo: DynamoDbServer | undefined;
  #sfn: SfnServer | undefined;

  async close(): Promise<void> {
    await Promise.all([this.#s3?.stop(), this.#dynamo?.stop(), this.#sfn?.stop()]);
    rmSync(this.#base, { recursive: true, force: true });
  }

  /** Everything that the steps leave behind when this build runs them. */
  async outcome(build: Build, input: CommandCase): Promise<Item[]> {
    await this.#prepare(input);
    const items: Item[] = [];
    let before = this.#files();
    let stored = this.#stored(input);
    for (const [at, step] of input.steps.entries()) {
      if ('write' in step) {
        this.#write(step.write);
        before = this.#files();
        continue;
      }
      const name = `step ${at}`;
      items.push(
        ...('lambda' in step ? await this.#call(build, step, name) : await this.#command(build, step, at, input)),
      );
      const after = this.#files();
      this.#settleTimes(before, after);
      const written = changes(before, after, name);
      items.push(...(input.isProcess === true ? written.map(withoutRunIn) : written));
      const storedAfter = this.#stored(input);
      items.push(...remoteChanges(stored, storedAfter, name));
      [before, stored] = [after, storedAfter];
    }
    return items;
  }

  async #command(build: Build, step: Step, at: number, { isProcess }: CommandCase): Promise<Item[]> {
    const words = build.name === 'old' ? withoutPrefixes(step.old ?? step.args) : step.args;
    const args = words.map((word) => this.#place(word));
    const placed = { ...step, args };
    const { code, out, err } =
      isProcess === true ? runProcess(build, this.dir, placed) : await runStep(build, this.dir, placed, `run-${at}`);
    const name = `step ${at}`;
    return [
      { aspect: 'exit', name, text: String(code), form: 'exact' },
      {
        aspect: 'stdout',
        name,
        text: asList(withoutFolders(out)),
        form: printsDocuments(step.args) ? 'exact' : 'report',
      },
      { aspect: 'stderr', name, text: withoutRace(step.args, withoutFolders(err)), form: 'report' },
    ];
  }

  async #call(build: Build, step: LambdaStep, name: string): Promise<Item[]> {
    const env = Object.fromEntries(Object.entries(step.env).map(([key, value]) => [key, this.#place(value)]));
    const { answer, log } = await runLambda(build, { ...step, env });
    return [
      { aspect: 'answer', name, text: answer, form: 'report' },
      { aspect: 'stdout', name, text: asList(log), form: 'report' },
    ];
  }

  async #prepare({ files = {}, objects, rows, executions }: CommandCase): Promise<void> {
    rmSync(this.dir, { recursive: true, force: true });
    mkdirSync(this.dir, { recursive: true });
    this.#write(files);
    if (objects) await this.#prepareS3(objects);
    if (rows) await this.#prepareTable(rows);
    vi.setSystemTime(new Date('2026-02-01T08:00:00Z'));
    if (executions) {
      this.#sfn ??= await startSfnServer();
      process.env.AWS_ENDPOINT_URL_SFN = this.#sfn.endpoint;
      this.#sfn.executions.splice(0, Infinity, ...executions);
    }
  }

  async #prepareS3(objects: Files): Promise<void> {
    this.#s3 ??= await startS3Server({ now: () => new Date('2026-01-31T00:00:00Z') });
    const { state } = this.#s3;
    for (const bucket of BUCKETS) {
      state.createBucket(bucket);
      state.bucket(bucket).clear();
    }
    for (const [path, content] of Object.entries(objects)) {
      const [bucket = '', ...key] = path.split('/');
      state.createBucket(bucket);
      state.put({
        operation: 'PutObject',
        bucket,
        key: key.join('/'),
        query: new Map() as never,
        headers: { 'content-type': 'application/json', 'x-amz-meta-writer': 'legacy' },
        body: Buffer.from(content),
      } as never);
    }
  }

  async #prepareTable(rows: readonly Row[]): Promise<void> {
    const state = new TableState('Tokens');
    for (const row of rows) state.put(row);
    this.#dynamo ??= await startDynamoDbServer({ tables: this.#tables });
    this.#tables.splice(0, Infinity, state);
  }

  #place(argument: string): string {
    return argument.replace('$S3', this.#s3?.endpoint ?? '').replace('$DYNAMODB', this.#dynamo?.endpoint ?? '');
  }

  #write(files: Files): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.dir, path)), { recursive: true });
      writeFileSync(join(this.dir, path), content);
      utimesSync(join(this.dir, path), WRITTEN, WRITTEN);
    }
  }

  #files(): Map<string, string> {
    const entries = readdirSync(this.dir, { withFileTypes: true, recursive: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return new Map(paths.sort().map((path) => [relative(this.dir, path), textOf(readFileSync(path))]));
  }

  /** Blobs of a directory are as old as in every other run. */
  #settleTimes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): void {
    const written = [...after.keys()].filter((path) => before.get(path) !== after.get(path));
    for (const path of written) utimesSync(join(this.dir, path), WRITTEN, WRITTEN);
  }

  /** Objects and rows of the servers, by name. */
  #stored({ objects, rows }: CommandCase): Map<string, Item> {
    const items: Item[] = [];
    if (objects)
      for (const bucket of BUCKETS)
        for (const [key, { bytes, headers, tags }] of this.#s3!.state.bucket(bucket)) {
          const name = `s3://${bucket}/${withoutTaskDigest(key)}`;
          const aspect = kindOfObject(key);
          items.push({ aspect, name, text: asList(textOf(bytes)), form: aspect === 'journal' ? 'report' : 'exact' });
          items.push({ aspect: 'metadata', name, text: JSON.stringify({ ...headers, tags }), form: 'exact' });
        }
    if (rows)
      for (const [at, row] of this.#tables[0]!.all().entries())
        items.push({ aspect: 'row', name: `row ${at}`, text: rowText(row), form: 'exact' });
    return new Map(items.map((item) => [`${item.aspect} ${item.name}`, item]));
  }
}

/** Members of a row and of its maps have no order. */
function rowText(row: Row): string {
  return JSON.stringify(row, (_, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

function remoteChanges(before: ReadonlyMap<string, Item>, after: ReadonlyMap<string, Item>, step: string): Item[] {
  const written = [...after].filter(([key, { text }]) => before.get(key)?.text !== text);
  const gone = [...before].filter(([key]) => !after.has(key));
  return [
    ...written.map(([, item]) => ({ ...item, name: `${step} ${item.name}` })),
    ...gone.map(([, item]) => ({ ...item, name: `${step} ${item.name} is gone`, text: '' })),
  ];
}

/** Two runs in one directory would change each other's files. */
function claim(base: string): void {
  mkdirSync(base, { recursive: true });
  const owner = join(base, 'pid');
  const pid = existsSync(owner) ? Number(readFileSync(owner, 'utf8')) : 0;
  if (pid > 0 && pid !== process.pid && existsSync(`/proc/${pid}`))
    throw new Error(`process ${pid} runs the oracle in ${base}; try again when it has ended`);
  writeFileSync(owner, String(process.pid));
}

/** hydrate reads its pointers at the same time. Of two that are dead, either may be named. */
function withoutRace([command]: readonly string[], err: string): string {
  return command === 'hydrate' ? err.replace(/(POINTER_DANGLING: .*?)s3:\/\/[^\s,]+/g, '$1…') : err;
}

function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, step: string): Item[] {
  const written = [...after].filter(([path, text]) => before.get(path) !== text);
  const gone = [...before.keys()].filter((path) => !after.has(path));
  return [
    ...written.map(([path, text]) => fileItem(`${step} ${path}`, path, text)),
    ...gone.map((path): Item => ({ aspect: 'document', name: `${step} ${path} is gone`, text: '', form: 'exact' })),
  ];
}

/** Journals and plans of a process hold its times and the ids of its runs. */
function withoutRunIn(item: Item): Item {
  return /^(journal|plan)$/.test(item.aspect) ? { ...item, text: withoutRun(item.text) } : item;
}

function fileItem(name: string, path: string, text: string): Item {
  if (text.startsWith('{"kind":"run"')) return { aspect: 'journal', name, text: asList(text), form: 'report' };
  if (/(^|\/)plan[^/]*\.ndjson$/.test(path)) return { aspect: 'plan', name, text: asList(text), form: 'report' };
  if (/\.(html|sarif|xml)$/.test(path)) return { aspect: 'stdout', name, text, form: 'report' };
  return { aspect: path.startsWith('store') ? 'blob' : 'document', name, text: asList(text), form: 'exact' };
}

function kindOfObject(key: string): Item['aspect'] {
  if (key.startsWith('records/')) return 'journal';
  return key.startsWith('bags/') ? 'document' : 'blob';
}

/** Lines of JSON as one list, so that a difference has a place. Other text as it is. */
function asList(text: string): string {
  const lines = text.trimEnd().split('\n');
  if (lines.length < 2 || !lines.every(isJson)) return text;
  return `[${lines.join(',\n')}]${text.slice(text.trimEnd().length)}`;
}

/** As Python writes it, too. */
function isJson(line: string): boolean {
  return line.startsWith('{') && parseTree(line) !== undefined;
}

const PRINTERS = new Set(['adapt', 'seal', 'hydrate', 'segment']);

/** Whether standard output is a document or an event, whose every byte counts. */
function printsDocuments(args: readonly string[]): boolean {
  return PRINTERS.has(args[0] ?? '') || (args[0] === 'migrate' && (args.includes('-') || args.includes('--out=-')));
}

/** Release 0.1.0 has no such option: it reads every key. */
function withoutPrefixes(words: readonly string[]): readonly string[] {
  return words.filter((word, at) => word !== '--allow-prefix' && words[at - 1] !== '--allow-prefix');
}

/** The options of `withoutPrefixes` in advice on the next command line. */
function withoutFolders(text: string): string {
  return text.replaceAll(/ --allow-prefix s3:\/\/[a-z-]+\//g, '');
}

/** The record of a task is named by digests of its documents before and after, which differ between the builds. */
function withoutTaskDigest(key: string): string {
  return key.replace(/^(records\/tasks\/[0-9a-f]{64})\/[0-9a-f]{64}\.ndjson$/, '$1/<documents>.ndjson');
}
