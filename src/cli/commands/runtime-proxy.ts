import { defineProcessCommand } from '../command.js';
import type { CommandArguments, OptionSpecs } from '../command.js';

export const command = defineProcessCommand({
  positionals: [{ usage: '-- COMMAND…', describe: 'the command of the language runtime, with its arguments' }],
  options: {},
  examples: [
    ['what the wrapper script of a function does', 'statebag runtime-proxy -- python3 -m awslambdaric app.handler'],
  ],
  notes: [
    'Runs inside a Lambda function, between the service and the language runtime, and is configured by STATEBAG_… environment variables: see docs/runtime-proxy.md.',
    'Ends with the exit code of the runtime; 2 when a variable is wrong. STATEBAG_MODE=observe changes nothing.',
  ],
  handler: runtimeProxyCommand,
});

/**
 * The one command that is about the process itself: signals, environment and streams are passed to the runtime as they
 * are.
 */
async function runtimeProxyCommand({
  positionals,
}: Pick<CommandArguments<OptionSpecs>, 'positionals'>): Promise<number> {
  const { runRuntimeProxy } = await import('../../runtime-proxy/run.js');
  return runRuntimeProxy(positionals, process);
}
