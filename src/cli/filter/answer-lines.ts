import { readLines, isBlank } from '../../sources/lines.js';
import { messageOf } from '../../errors/index.js';
import { nameForStateMachine } from '../../shim/error-name.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';

const LINE_FEED = Buffer.from('\n');

/**
 * Answers every line of standard input with one line, in order, each as soon as it is known; blank lines are skipped. A
 * line that cannot be answered is answered with `{"errorType", "errorMessage"}`, as Lambda reports an error. Resolves
 * to the number of those.
 */
export async function answerLines(io: CliIo, answer: (line: Uint8Array) => Promise<Uint8Array>): Promise<number> {
  let failed = 0;
  for await (const { bytes } of readLines(io.stdin)) {
    if (isBlank(bytes)) continue;
    const answered = await answer(bytes).catch((error: unknown) => {
      failed += 1;
      return errorLine(error);
    });
    await print(io.stdout, Buffer.concat([asOneLine(answered), LINE_FEED]));
  }
  return failed;
}

function errorLine(error: unknown): Uint8Array {
  const named = nameForStateMachine(error);
  return Buffer.from(
    JSON.stringify({ errorType: named instanceof Error ? named.name : 'Error', errorMessage: messageOf(named) }),
  );
}

const [LF, CR, SPACE] = [0x0a, 0x0d, 0x20];

/**
 * In JSON a line feed stands only between values, where a blank does as well: a stored program may be pretty-printed.
 */
function asOneLine(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(LF) && !bytes.includes(CR)) return bytes;
  return bytes.map((byte) => (byte === LF || byte === CR ? SPACE : byte));
}
