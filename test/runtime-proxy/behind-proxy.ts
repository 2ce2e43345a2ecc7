import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RuntimeApi } from './runtime-api.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The built program; `npm run build` makes it. */
const PROXY = join(ROOT, 'dist/src/runtime-proxy/bin.js');
const RUNTIME = join(ROOT, 'test/runtime-proxy/runtime.mjs');

type Environment = Readonly<Record<string, string>>;

/** A function: the service's side, and a runtime behind the real proxy in processes of their own. */
export interface LambdaFunction {
  readonly api: RuntimeApi;
  readonly child: ChildProcess;
  /** Resolves to the exit code of the proxy. */
  readonly ended: Promise<number>;
  /** Standard output and error so far. */
  readonly said: () => string;
  stop(): Promise<void>;
}

/** The small runtime of this folder, answering in the way that is named. */
export function smallRuntime(way = 'echo'): readonly string[] {
  return [process.execPath, RUNTIME, way];
}

export async function startFunction(
  command: readonly string[],
  env: Environment,
  api?: RuntimeApi,
): Promise<LambdaFunction> {
  const service = api ?? (await new RuntimeApi().start());
  const child = spawn(process.execPath, [PROXY, ...command], {
    env: { PATH: process.env.PATH ?? '', AWS_LAMBDA_RUNTIME_API: service.address, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(([code, signal]) => (code as number | null) ?? -(signal === null ? 1 : 2));
  return {
    api: service,
    child,
    ended,
    said: () => said,
    stop: async () => {
      if (child.exitCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await ended;
      clearTimeout(timer);
      if (api === undefined) await service.stop();
    },
  };
}
