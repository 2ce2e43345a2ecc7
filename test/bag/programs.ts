import { statebag } from '../cli/terminal.js';
import { codeIn } from './ask.js';
import { STORE_OPTIONS } from './place.js';
import type { Place } from './place.js';

/** The first few are enough to see a shift, and one is out of range. */
const INDEXES = [0, 1, 2, 3, 99];

/** What each index of a document gives: the program as it is spelled, or the code of the error. */
export async function programs(
  document: Uint8Array,
  { dir }: Pick<Place, 'dir'>,
  store: readonly string[] = STORE_OPTIONS,
): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const index of INDEXES) {
    const event = Buffer.concat([Buffer.from(`{"segment_index":${index},"Payload":`), document, Buffer.from('}')]);
    const { code, out, err } = await statebag(dir, ['segment', '-', ...store], { stdin: event });
    answers.push(code === 0 ? out.slice(0, -1) : codeIn(err));
  }
  return answers;
}
