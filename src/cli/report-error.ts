import { ConfigError, StateBagError, messageOf } from '../errors/index.js';
import { adviceFor } from './advice.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import type { CliIo } from './io.js';
import { printNote } from './io.js';

/** Prints what ended a command, and what to do about it. Resolves to the exit code. */
export async function reportError(error: unknown, io: CliIo): Promise<number> {
  const exitCode = exitCodeOf(error);
  const code = error instanceof StateBagError ? error.code : 'UNEXPECTED';
  const lines = [`statebag: ${code}: ${messageOf(error)}`, ...(await adviceLines(error, code, exitCode))];
  if (io.env.STATEBAG_DEBUG === '1') lines.push(stackOf(error));
  await printNote(io.stderr, `${lines.join('\n')}\n`);
  return exitCode;
}

async function adviceLines(error: unknown, code: string, exitCode: number): Promise<string[]> {
  if (exitCode === EXIT.internal) {
    return [
      'This is a defect of the tool. Please report it with the output of the same command under STATEBAG_DEBUG=1.',
    ];
  }
  const advice = await adviceFor(code);
  if (advice !== undefined) return [advice];
  const mayPass = error instanceof StateBagError && !(error instanceof ConfigError) && error.retryable;
  return mayPass ? ['This may pass: run the same command again.'] : [];
}

/** The whole chain of causes. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
