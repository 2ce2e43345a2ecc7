import { StateBagError, resolveSegmentConfig } from 'statebag-shim';
import { statebag } from '../cli/terminal.js';
import { STORE_OPTIONS, makePlace } from './place.js';
import type { Objects, Place } from './place.js';

export interface Answer {
  /** `source index program`, the program by its `id`; or the code of the error. */
  readonly said: string;
  readonly program?: unknown;
}

/** What each of the two readers of events says: the library reads objects, the command line reads bytes. */
export interface Answers {
  readonly library: Answer;
  readonly command: Answer;
}

interface Found {
  readonly source: string;
  readonly segmentIndex: number | undefined | null;
  readonly segmentConfig: unknown;
}

async function askLibrary(text: string, { store }: Place, index?: number): Promise<Answer> {
  try {
    return answer(await resolveSegmentConfig(JSON.parse(text), store, index === undefined ? {} : { index }));
  } catch (error) {
    if (error instanceof StateBagError) return { said: error.code };
    throw error;
  }
}

async function askCommand(text: string, { dir }: Place, args: readonly string[]): Promise<Answer> {
  const { code, out, err } = await statebag(dir, ['segment', '-', '--json', ...args], { stdin: text });
  return code === 0 ? answer(JSON.parse(out) as Found) : { said: codeIn(err) };
}

/** The code in the message that a command ends with. */
export function codeIn(message: string): string {
  return /^statebag: ([A-Z_]+): /m.exec(message)?.[1] ?? message;
}

function answer({ source, segmentIndex, segmentConfig }: Found): Answer {
  const { id } = segmentConfig as { readonly id?: unknown };
  return { said: `${source} ${segmentIndex ?? '-'} ${String(id)}`, program: segmentConfig };
}

/** Asks both readers for the program of an event, as JSON text. */
export async function askBoth(text: string, place: Place, args: readonly string[] = STORE_OPTIONS): Promise<Answers> {
  return { library: await askLibrary(text, place), command: await askCommand(text, place, args) };
}

/** What both readers say of an event given as a value, and what the library read from the store on the way. */
export async function ask(
  event: unknown,
  objects: Objects = {},
): Promise<{ readonly library: string; readonly command: string; readonly reads: readonly string[] }> {
  const place = makePlace(objects);
  const { library, command } = await askBoth(JSON.stringify(event), place);
  return { library: library.said, command: command.said, reads: place.reads };
}
