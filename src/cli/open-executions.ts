import { ExecutionsSource } from '../batch/sources/executions.js';
import { ConfigError } from '../errors/index.js';
import type { CliIo } from './io.js';

export const EXECUTIONS_SCHEME = 'sfn://';

const ARN = /^arn:aws[\w-]*:states:([a-z0-9-]+):\d*:(?:stateMachine|mapRun):\S+$/;

/**
 * `sfn://{arn of a state machine or map run}`; the region is that of the ARN. Throws `ConfigError` `SOURCE_INVALID`.
 */
export async function openExecutions(spec: string, io: CliIo): Promise<ExecutionsSource> {
  const arn = spec.slice(EXECUTIONS_SCHEME.length);
  const region = ARN.exec(arn)?.[1];
  if (region === undefined) {
    throw new ConfigError(
      'SOURCE_INVALID',
      `"${spec}" names no state machine; it is sfn://arn:aws:states:REGION:ACCOUNT:stateMachine:NAME, or the ARN of a map run`,
    );
  }
  const { sfnExecutions } = await import('../batch/sources/executions-sfn.js');
  return new ExecutionsSource(arn, sfnExecutions({ region }), () => io.now().getTime());
}
