import { readFileSync } from 'node:fs';
import { ConfigError } from '../../errors/index.js';
import { diskError } from '../disk-errors.js';
import type { Replacement, SourceContainer, SourceDocument } from '../source.js';
import type { FurtherFiles } from './files.js';
import { GzipContainer } from './gzip.js';

/** Files for commands that only read: `*.json` without a version to guard a rewrite by, and compressed ones. */
export const READ_ONLY_FILES: FurtherFiles = {
  open: (path) => {
    if (/\.(json|ndjson|jsonl)\.gz$/i.test(path)) return new GzipContainer(path);
    return /\.json$/i.test(path) ? new ReadOnlyFile(path) : undefined;
  },
};

/** Read at once: there is nothing else to do meanwhile, and the detour over a thread costs more than a small file. */
class ReadOnlyFile implements SourceContainer {
  readonly version = undefined;
  readonly tail = new Uint8Array();

  constructor(readonly id: string) {}

  async *documents(): AsyncIterable<SourceDocument> {
    yield await Promise.resolve({ id: this.id, line: undefined, bytes: this.read() });
  }

  replace(): Promise<Replacement> {
    return Promise.reject(new ConfigError('SOURCE_READ_ONLY', `${this.id} was opened to be read only`));
  }

  private read(): Uint8Array {
    try {
      return readFileSync(this.id);
    } catch (error) {
      throw diskError(this.id, error);
    }
  }
}
