import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startFunction } from '../runtime-proxy/behind-proxy.js';
import type { LambdaFunction } from '../runtime-proxy/behind-proxy.js';
import type { Outcome } from '../runtime-proxy/runtime-api.js';

/*
 * Functions on AWS's own runtime interface clients, behind the built proxy. `.ci/real-servers/install-runtimes.sh`
 * installs the clients and names them.
 */

const HANDLERS = fileURLToPath(new URL('handlers', import.meta.url));

type Environment = Readonly<Record<string, string>>;

/** A server, and a bucket on it. */
export interface Server {
  readonly endpoint: string;
  readonly bucket: string;
}

export const pythonPath = (): string => setting('STATEBAG_TEST_PYTHON');

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; use .ci/real-servers/run.sh.`);
  return value;
}

/** Makes a bucket of its own on the server. */
export async function createBucket(endpoint: string): Promise<Server> {
  const bucket = `statebag-${randomUUID()}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { endpoint, bucket };
}

/** Starts a function whose handler is `module.name` in `handlers`. Blobs are in the bucket, below `bags`. */
export const startPython = (handler: string, server: Server, env: Environment = {}): Promise<LambdaFunction> =>
  start([pythonPath(), '-m', 'awslambdaric', handler], server, env);

/** The same, for Node. */
export const startNode = (handler: string, server: Server, env: Environment = {}): Promise<LambdaFunction> =>
  start([setting('STATEBAG_TEST_NODE'), setting('STATEBAG_TEST_NODE_CLIENT')], server, {
    _HANDLER: handler,
    AWS_LAMBDA_LOG_GROUP_NAME: 'group',
    AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
    ...env,
  });

function start(command: readonly string[], { endpoint, bucket }: Server, env: Environment): Promise<LambdaFunction> {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
  return startFunction(command, {
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'runner',
    AWS_LAMBDA_FUNCTION_VERSION: '1',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    LAMBDA_TASK_ROOT: HANDLERS,
    PYTHONPATH: HANDLERS,
    STATEBAG_MODE: 'rewrite',
    STATEBAG_STORE: `s3://${bucket}/bags`,
    STATEBAG_ENDPOINT: endpoint,
    STATEBAG_REGION: 'us-east-1',
    ...env,
  });
}

/** Rejects when the runtime ends without an answer. */
export async function answerTo(one: LambdaFunction, event: string): Promise<Outcome> {
  const ended = one.ended.then((code) =>
    Promise.reject(new Error(`the proxy ended with ${code}: ${one.said().slice(-1000)}`)),
  );
  return Promise.race([one.api.invoke(event).outcome, ended]);
}
