import { scanJson } from '../../json/index.js';
import { BagError, ConfigError } from '../../errors.js';
import type { DocumentSource, Replacement, SourceContainer, SourceDocument } from '../source.js';
import { isBlank, readLines } from './lines.js';
import type { Line } from './lines.js';

/** `-`: one document, or one a line when the first line is a document by itself. It is read once and has no place to go back to. */
export class StdinSource implements DocumentSource {
  readonly id = '-';

  constructor(private readonly input: AsyncIterable<Uint8Array>) {}

  async *containers(): AsyncIterable<SourceContainer> {
    yield await Promise.resolve(new StdinContainer(this.input));
  }

  container(): SourceContainer {
    throw new ConfigError('STDIN_GONE', 'documents from standard input cannot be read again; keep them in a file to verify or roll back');
  }
}

class StdinContainer implements SourceContainer {
  readonly id = '-';
  readonly version = undefined;

  constructor(private readonly input: AsyncIterable<Uint8Array>) {}

  async *documents(): AsyncIterable<SourceDocument> {
    const lines = readLines(this.input)[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done) {
      yield { id: '-', line: undefined, bytes: new Uint8Array() };
    } else if (isDocument(first.value.bytes)) {
      yield* numbered(first.value, lines);
    } else {
      yield { id: '-', line: undefined, bytes: await rest(first.value, lines) };
    }
  }

  replace(): Promise<Replacement> {
    throw new ConfigError('OUT_MISSING', 'documents from standard input need --out to say where the result goes');
  }
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

async function* numbered(first: Line, lines: AsyncIterator<Line>): AsyncIterable<SourceDocument> {
  let number = 1;
  for (let line: Line | undefined = first; line; number++) {
    const frame = { before: new Uint8Array(), after: line.ending };
    if (!isBlank(line.bytes)) yield { id: `-#L${number}`, line: number, bytes: line.bytes, frame };
    const next: IteratorResult<Line, unknown> = await lines.next();
    line = next.done ? undefined : next.value;
  }
}

async function rest(first: Line, lines: AsyncIterator<Line>): Promise<Uint8Array> {
  const parts = [first.bytes, first.ending];
  for (let next = await lines.next(); !next.done; next = await lines.next()) parts.push(next.value.bytes, next.value.ending);
  return Buffer.concat(parts);
}
