import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ValidationIssue } from '../../validate/issue.js';
import { ConfigError, messageOf } from '../../errors/index.js';
import { describeFailure } from '../schema-worker/failure.js';
import type { SchemaAnswer, SchemaRequest } from '../schema-worker/messages.js';
import { publishedSchemas } from './published-schemas.js';

/** A bundle of its own, found through the package's own name: `src` and `dist` start the same one. */
const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('statebag-shim/package.json')),
  'dist/cli/schema-worker.cjs',
);

/** Of computing. A regular expression, or conditions inside conditions, may take years for one document. */
const CHECK_SECONDS = 5;
/** A schema may refer to itself in ways that never end. */
const START_SECONDS = 15;

/** A document of some MB takes a hundred times as much; nesting takes stack. */
const LIMITS = { maxOldGenerationSizeMb: 1024, stackSizeMb: 32 };

/** Why a thread gave no answer. */
type Failure = { readonly kind: 'late' } | { readonly kind: 'gone'; readonly reason: unknown };

/** Checks documents by one schema of a user, one after the other, in a thread that can be ended. */
export class SchemaThread {
  #worker: Worker | undefined;
  #inexact: string | undefined;

  private constructor(
    private readonly name: string,
    private readonly request: SchemaRequest,
  ) {}

  /** Throws `ConfigError` for a schema that cannot be used. `allowInexact`: for one that is not applied, only read. */
  static async open(
    name: string,
    path: string,
    bytes: Uint8Array,
    { allowInexact = false } = {},
  ): Promise<SchemaThread> {
    const thread = new SchemaThread(name, { path, bytes, published: publishedSchemas() });
    await thread.#start();
    if (thread.#inexact === undefined || allowInexact) return thread;
    await thread.close();
    throw thread.#refuse({ kind: 'refused', code: 'SCHEMA_UNSUPPORTED', message: thread.#inexact });
  }

  /** False when a double does not keep a number of the schema. */
  get isExact(): boolean {
    return this.#inexact === undefined;
  }

  async issuesOf(bytes: Uint8Array): Promise<readonly ValidationIssue[]> {
    const worker = this.#worker ?? (await this.#start());
    const answer = waitFor(worker, CHECK_SECONDS);
    worker.postMessage(bytes);
    const given = await answer;
    if (given.kind === 'checked') return given.issues;
    await this.close();
    if (given.kind === 'gone') return [isOutOfMemory(given.reason) ? TOO_LARGE : describeFailure(given.reason)];
    return [TOO_SLOW];
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #start(): Promise<Worker> {
    // Flags of this process, such as those of a test runner, are not meant for the thread.
    const worker = new Worker(PROGRAM, {
      workerData: this.request,
      resourceLimits: LIMITS,
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    // Packages print errors, with text of the document. The output of the command is for its answer.
    worker.stdout.resume();
    worker.stderr.resume();
    // What a thread throws when its answer was taken is not thrown here.
    worker.on('error', () => undefined);
    this.#worker = worker;
    const answer = await waitFor(worker, START_SECONDS);
    // A command that has ended its work does not wait for the thread.
    worker.unref();
    if (answer.kind === 'ready') {
      this.#inexact = answer.inexact;
      return worker;
    }
    await this.close();
    throw this.#refuse(answer);
  }

  #refuse(answer: SchemaAnswer | Failure): ConfigError {
    if (answer.kind === 'refused') return new ConfigError(answer.code, `${this.name}: ${answer.message}`);
    const reason =
      answer.kind === 'gone' ? messageOf(answer.reason) : `it was not ready after ${START_SECONDS} seconds`;
    return new ConfigError('SCHEMA_UNSUPPORTED', `${this.name}: the schema cannot be prepared: ${reason}`);
  }
}

/** On a loaded machine a thread gets a part of the time only: it is waited for up to so many times as long. */
const PATIENCE = 12;
/** Milliseconds. */
const LOOK_EVERY = 200;

/** The next answer of a thread, or why there is none. */
function waitFor(worker: Worker, seconds: number): Promise<SchemaAnswer | Failure> {
  return new Promise((resolve) => {
    const settle = (answer: SchemaAnswer | Failure): void => {
      clearInterval(timer);
      worker.off('message', settle).off('error', fail).off('exit', leave);
      resolve(answer);
    };
    const fail = (reason: unknown): void => {
      settle({ kind: 'gone', reason });
    };
    const leave = (code: number): void => {
      fail(new Error(`the thread ended with code ${code}`));
    };
    const [startCpu, startTime] = [process.cpuUsage(), performance.now()];
    const timer = setInterval(() => {
      // This thread only waits, so that what the process uses is what the other thread uses.
      const { user, system } = process.cpuUsage(startCpu);
      const isLate = user + system > seconds * 1e6 || performance.now() - startTime > seconds * 1e3 * PATIENCE;
      if (isLate) settle({ kind: 'late' });
    }, LOOK_EVERY);
    worker.on('message', settle).on('error', fail).on('exit', leave);
  });
}

function isOutOfMemory(reason: unknown): boolean {
  return (reason as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
}

const TOO_SLOW: ValidationIssue = {
  pointer: '',
  keyword: 'SCHEMA_TIMEOUT',
  message: `The schema did not decide this document in ${CHECK_SECONDS} seconds.`,
  hint: 'Look for a `pattern` with a repetition inside a repetition, such as `(a+)+`, and for nested conditions.',
};

const TOO_LARGE: ValidationIssue = {
  pointer: '',
  keyword: 'SCHEMA_LIMIT',
  message: `The schema could not decide this document within ${LIMITS.maxOldGenerationSizeMb} MB of memory.`,
  hint: 'Split the document, or validate a part of it.',
};
