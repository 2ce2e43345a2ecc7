import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { ConfigError } from '../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Passed on to the runtime, whose business they are. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/** The language runtime, started below the proxy. */
export class RuntimeProcess {
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
