import { BagError, ConfigError } from '../errors/index.js';
import { scanJson } from '../json/index.js';
import { isBlank, lineDocuments, readLines } from './lines.js';
import type { Line } from './lines.js';
import type { DocumentSource, Replacement, SourceContainer, SourceDocument } from './source.js';

/**
 * `-`: one document, or one a line when the first of several lines is a document by itself. It is read once and has no
 * place to go back to.
 */
export class StdinSource implements DocumentSource {
  readonly id = '-';

  constructor(private readonly input: AsyncIterable<Uint8Array>) {}

  async *containers(): AsyncIterable<SourceContainer> {
    yield await Promise.resolve(new StdinContainer(this.input));
  }

  container(): SourceContainer {
    throw new ConfigError(
      'STDIN_GONE',
      'documents from standard input cannot be read again; keep them in a file to verify or roll back',
    );
  }
}

class StdinContainer implements SourceContainer {
  readonly id = '-';
  readonly version = undefined;
  tail: Uint8Array = new Uint8Array();

  constructor(private readonly input: AsyncIterable<Uint8Array>) {}

  async *documents(): AsyncIterable<SourceDocument> {
    const lines = readLines(this.input)[Symbol.asyncIterator]();
    const head = await readHead(lines);
    const all = chain(head, lines);
    const [first, second] = head.filter(isFilled);
    if (first && second && isDocument(first.bytes)) this.tail = yield* lineDocuments(this.id, all);
    else yield { id: this.id, line: undefined, bytes: await joined(all) };
  }

  replace(): Promise<Replacement> {
    throw new ConfigError('OUT_MISSING', 'documents from standard input need --out to say where the result goes');
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
