import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { constants } from 'node:os';
import { ConfigError, messageOf } from '../errors/index.js';
import type { DiagnosticName } from '../shim/diagnostics.js';
import { RuntimeProxy } from './proxy.js';
import type { Adaptation } from './proxy.js';
import { INIT_ERROR_PATH, Upstream, faultOf } from './runtime-api.js';
import { parseEnvironment } from './settings.js';
import type { LogLevel, ProxySettings, StoreSpec } from './settings.js';

/** What an answer that is under way when the runtime ends gets to arrive, in milliseconds. */
const GRACE_MS = 2_000;

const CONFIGURATION_WRONG = 2;

/**
 * Starts the runtime behind the proxy and waits for its end. Resolves to the exit code: the runtime's own, or 2 when
 * the configuration is wrong, which the service is told as an error of the initialisation.
 */
export async function runRuntimeProxy(command: readonly string[], process: NodeJS.Process): Promise<number> {
  try {
    return await runBehindProxy(command, process);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`statebag: ${error.code}: ${error.message}\n`);
    await reportInitError(error, process.env.AWS_LAMBDA_RUNTIME_API);
    return CONFIGURATION_WRONG;
  }
}

async function runBehindProxy(command: readonly string[], process: NodeJS.Process): Promise<number> {
  const { env } = process;
  const settings = parseEnvironment(env);
  const upstream = new Upstream(env.AWS_LAMBDA_RUNTIME_API);
  let adaptation: Promise<Adaptation> | undefined;
  const proxy = new RuntimeProxy(upstream, () => (adaptation ??= loadAdaptation(settings, process.stderr)));
  const api = await proxy.listen();
  const runtime = new RuntimeProcess(command, env, api);
  const endSignals = runtime.passSignals(process);
  try {
    // While the runtime starts, so that the first event does not wait for it.
    await (adaptation ??= loadAdaptation(settings, process.stderr));
    return await runtime.ended;
  } catch (error) {
    runtime.kill();
    throw error;
  } finally {
    await proxy.close(GRACE_MS);
    endSignals();
  }
}

async function loadAdaptation({ shim, store, log }: ProxySettings, stderr: NodeJS.WritableStream): Promise<Adaptation> {
  const { WireShim } = await import('../shim/wire-shim.js');
  logDiagnostics(log, (line) => stderr.write(line));
  const opened = memoizeResolved(() => openStore(store));
  const made = new WireShim({ ...shim, store: opened });
  // The SDK takes its time to load; an error comes again with the first use, which may well fail open.
  if (store !== undefined && shim.mode !== 'observe') opened().catch(() => undefined);
  return made;
}

async function openStore(store: StoreSpec | undefined) {
  if (store === undefined) throw new ConfigError('STORE_MISSING', 'no store is named');
  const [{ openObjectStore }, { createBlobStore }] = await Promise.all([
    import('../store/open.js'),
    import('../store/blob-store.js'),
  ]);
  const { objects, bucket, prefix } = await openObjectStore(store.spec, store.options);
  const { allowBuckets, allowPrefixes } = store;
  return createBlobStore({ objects, bucket, prefix, allowBuckets, allowPrefixes });
}

/** The result of the first call that does not reject. */
function memoizeResolved<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** Best effort: without it Lambda knows only that the runtime has ended. */
async function reportInitError(error: ConfigError, api: string | undefined): Promise<void> {
  try {
    const upstream = new Upstream(api);
    const { headers, body } = faultOf(error);
    (await upstream.send({ method: 'POST', path: INIT_ERROR_PATH, headers, body })).resume();
    upstream.close();
  } catch (cause) {
    process.stderr.write(`statebag: the service could not be told: ${messageOf(cause)}\n`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Passed on to the runtime, whose business they are. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/** The language runtime, started below the proxy. */
class RuntimeProcess {
  readonly #child: ChildProcess;
  /**
   * Resolves to the exit code a shell would give: 128 and the number of the signal for a process that a signal ended.
   */
  readonly ended: Promise<number>;

  /** `api` is `host:port` of the proxy. */
  constructor([command, ...args]: readonly string[], env: Environment, api: string) {
    if (command === undefined)
      throw new ConfigError('COMMAND_MISSING', 'no runtime is named: give its command line behind --');
    this.#child = spawn(command, args, { stdio: 'inherit', env: runtimeEnvironment(env, api) });
    this.ended = endOf(this.#child, command);
  }

  /** Hands signals on until the process has ended. The result ends that. */
  passSignals(process: NodeJS.Process): () => void {
    const pass = (signal: NodeJS.Signals) => {
      this.#child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, pass);
    return () => {
      for (const signal of SIGNALS) process.off(signal, pass);
    };
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The wrapper script keeps Node's options for the runtime's own Node; they are not the proxy's. */
function runtimeEnvironment(
  { STATEBAG_RUNTIME_NODE_OPTIONS: nodeOptions, ...env }: Environment,
  api: string,
): Environment {
  return { ...env, AWS_LAMBDA_RUNTIME_API: api, ...(nodeOptions ? { NODE_OPTIONS: nodeOptions } : {}) };
}

/** As a shell has it. */
const NOT_STARTED = 127;

function endOf(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`statebag: the runtime "${command}" cannot be started: ${error.message}\n`);
      resolve(NOT_STARTED);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + constants.signals[signal!]);
    });
  });
}

const PROBLEMS: readonly DiagnosticName[] = ['fail-open', 'shadow-mismatch'];

const CHANNELS: Readonly<Record<LogLevel, readonly DiagnosticName[]>> = {
  off: [],
  problems: PROBLEMS,
  all: [...PROBLEMS, 'read', 'write', 'offload'],
};

/** Writes what the shim says to a log, one JSON object a line. No line holds user data. */
function logDiagnostics(level: LogLevel, write: (line: string) => void): void {
  for (const name of CHANNELS[level]) {
    subscribe(`statebag-shim:${name}`, (message) => {
      write(`${JSON.stringify({ statebag: name, ...(message as object) })}\n`);
    });
  }
}
