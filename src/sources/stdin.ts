import { addAbortSignal, Readable } from 'node:stream';
import { BagError, ConfigError, StoreError } from '../errors/index.js';
import { scanJson } from '../json/index.js';
import { isBlank, lineDocuments, readLines } from './lines.js';
import type { Line } from './lines.js';
import type { DocumentSource, Replacement, SourceContainer, SourceDocument } from './source.js';

/** `-`: what a stream holds, under the name `-`. */
export class StdinSource implements DocumentSource {
  readonly id = '-';
  readonly isStream = true;

  constructor(private readonly input: AsyncIterable<Uint8Array>) {}

  async *containers(stop?: AbortSignal): AsyncIterable<SourceContainer> {
    yield await Promise.resolve(new StreamContainer(this.id, untilStopped(this.id, this.input, stop)));
  }

  container(): SourceContainer {
    throw streamGone('standard input');
  }
}

/**
 * A stream: one document, or one a line when the first of several lines is a document by itself. It is read once and
 * has no place to go back to.
 */
export class StreamContainer implements SourceContainer {
  readonly version = undefined;
  tail: Uint8Array = new Uint8Array();

  constructor(
    readonly id: string,
    private readonly input: AsyncIterable<Uint8Array>,
  ) {}

  async *documents(): AsyncIterable<SourceDocument> {
    const lines = readLines(this.input)[Symbol.asyncIterator]();
    const head = await readHead(lines);
    const all = chain(head, lines);
    const [first, second] = head.filter(isFilled);
    if (first && second && isDocument(first.bytes)) this.tail = yield* lineDocuments(this.id, all);
    else yield { id: this.id, line: undefined, bytes: await joined(all) };
  }

  replace(): Promise<Replacement> {
    return Promise.reject(notReplaceable(this.id));
  }
}

export function notReplaceable(id: string): ConfigError {
  const subject = id === '-' ? 'standard input' : `${id} is a pipe, or read as one, and`;
  return new ConfigError(
    'OUT_MISSING',
    `${subject} cannot be rewritten in place; give --out FILE, or --out - for standard output`,
  );
}

/** `what` is standard input or the name of a pipe. */
export function streamGone(what: string): ConfigError {
  return new ConfigError(
    'STDIN_GONE',
    `documents from ${what} cannot be read again; keep them in a file to verify or roll back`,
  );
}

/**
 * The chunks of a stream. `stop` ends also the wait for the next one, which may last for ever: then this throws
 * `StoreError` `RUN_STOPPED`, so that what was read of an unfinished document is not taken for one.
 */
export async function* untilStopped(
  id: string,
  input: AsyncIterable<Uint8Array>,
  stop: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  try {
    if (stop && input instanceof Readable) addAbortSignal(stop, input);
    yield* input;
  } catch (error) {
    if (!stop?.aborted) throw error;
    throw new StoreError('RUN_STOPPED', `the run was stopped before the end of ${id} was read; run it again`, {
      retryable: true,
      cause: error,
    });
  }
}

/** The lines up to the second that is not blank: enough to tell one document from many. */
async function readHead(lines: AsyncIterator<Line>): Promise<Line[]> {
  const head: Line[] = [];
  for (let filled = 0; filled < 2;) {
    const next: IteratorResult<Line, unknown> = await lines.next();
    if (next.done) break;
    head.push(next.value);
    if (isFilled(next.value)) filled++;
  }
  return head;
}

async function* chain(head: readonly Line[], lines: AsyncIterator<Line>): AsyncIterable<Line> {
  yield* head;
  for (let next = await lines.next(); !next.done; next = await lines.next()) yield next.value;
}

function isFilled({ bytes }: Line): boolean {
  return !isBlank(bytes);
}

function isDocument(bytes: Uint8Array): boolean {
  try {
    scanJson(bytes);
    return true;
  } catch (error) {
    if (error instanceof BagError) return false;
    throw error;
  }
}

async function joined(lines: AsyncIterable<Line>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const { bytes, ending } of lines) parts.push(bytes, ending);
  return Buffer.concat(parts);
}
