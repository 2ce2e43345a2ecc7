import { ConfigError, messageOf } from '../errors.js';
import { faultOf } from './fault.js';
import { RuntimeProxy } from './proxy.js';
import type { Adaptation } from './proxy.js';
import { INIT_ERROR_PATH } from './route.js';
import { RuntimeProcess } from './runtime-process.js';
import { parseEnvironment } from './settings.js';
import type { ProxySettings, StoreSpec } from './settings.js';
import { Upstream } from './upstream.js';

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
  const [{ WireShim }, { logDiagnostics }] = await Promise.all([import('../shim/wire-shim.js'), import('./log.js')]);
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
