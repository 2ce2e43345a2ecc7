import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { findDigestInPath } from '../content-address.js';
import { ConfigError } from '../errors/index.js';
import type { IsIgnored } from './container-choice.js';
import { diskError } from './disk.js';
import type { Disk } from './disk.js';
import { asCompressed, GZIP_NAME, GzipContainer, inflate } from './gzip.js';
import { NdjsonContainer } from './ndjson.js';
import { buffers, isGzip, readWhole } from './read-file.js';
import { FileReplacement } from './replace-file.js';
import { UnreadablePlace } from './source.js';
import type { DocumentSource, OnSkipped, Replacement, SourceContainer, SourceDocument } from './source.js';
import { realPath, walkDirectory, Walked, walkGlob } from './walk.js';
import { findRecord, isOwnFile } from './own-files.js';

/**
 * Which files of a directory are read. Where a digest is part of a path, the bytes tell whether the file is a blob or a
 * document.
 */
export type FileNames = 'documents' | 'documents-and-digests' | 'all';

/** Files of a kind that not every command takes. */
export interface FurtherFiles {
  /** `undefined` for a file of another kind. */
  open(path: string): SourceContainer | undefined;
}

/**
 * A file, a directory (its `*.json`, `*.ndjson`, `*.jsonl`, and these with `.gz`, in any case and at every depth) or a
 * glob.
 */
export class FilesSource implements DocumentSource {
  readonly isListedAtOnce = true;

  constructor(
    readonly id: string,
    private readonly disk: Disk,
    /** Directories that hold no documents: the store's, the journal's. */
    private readonly excluded: readonly string[] = [],
    /** Opens what this class does not know. */
    private readonly further?: FurtherFiles,
    /** Which files of a directory are read. */
    private readonly names: FileNames = 'documents',
    /** Journals and plans are not taken: a run would read the lines that it writes. */
    private readonly leavesOutRecords = false,
    /** Which names the inventory leaves out. A place with another name is listed under that. */
    private readonly isIgnored?: IsIgnored,
  ) {}

  /** What cannot be listed or followed comes last, as places that cannot be read. */
  async *containers(_signal?: AbortSignal, onSkipped?: OnSkipped): AsyncIterable<SourceContainer> {
    const { files, skipped, unreadable } = await this.walk();
    const isMeant = (path: string): boolean => (this.names === 'all' || !isOwnFile(path)) && !this.isExcluded(path);
    const isDocument = (path: string): boolean => isMeant(path) && !this.isRecord(path);
    const [paths, places] = [files.filter(isDocument), Array.from(unreadable).filter(([path]) => isMeant(path))];
    for (const one of skipped) if (isMeant(one.id)) onSkipped?.(one);
    if (paths.length + places.length === 0) throw this.empty(skipped.length);
    const seen = new Set<string>();
    for (const path of paths.sort()) {
      // What is only read may be read under two names. Else it is one document, and must not be rewritten under two
      // names at once.
      const real = this.further ? path : realPath(path);
      const isLeftOut = this.isIgnored?.(path) === true;
      if (!isLeftOut && seen.has(real)) continue;
      if (!isLeftOut) seen.add(real);
      yield this.container(path);
    }
    for (const [path, error] of places) yield new UnreadablePlace(path, error);
  }

  placeOf(path: string): string {
    return realPath(path);
  }

  container(path: string): SourceContainer {
    const container = this.further?.open(path);
    if (container) return container;
    if (GZIP_NAME.test(path)) return new GzipContainer(path);
    return /\.(ndjson|jsonl)$/i.test(path) ? new NdjsonContainer(path, this.disk) : new FileContainer(path, this.disk);
  }

  private async walk(): Promise<Walked> {
    const stats = await stat(this.id).catch((error: unknown) => notReadable(this.id, error));
    if (stats instanceof ConfigError) return (await walkGlob(this.id)) ?? Promise.reject(stats);
    if (stats.isDirectory()) return walkDirectory(this.id, (path) => this.isTaken(path), this.isIgnored !== undefined);
    if (this.isRecord(this.id)) throw notDocuments(this.id);
    const walked = new Walked();
    walked.files.push(this.id);
    return walked;
  }

  private isRecord(path: string): boolean {
    return this.leavesOutRecords && findRecord(path) !== undefined;
  }

  private isTaken(path: string): boolean {
    return (
      this.names === 'all' ||
      DOCUMENTS.test(path) ||
      this.further?.open(path) !== undefined ||
      (this.names === 'documents-and-digests' && findDigestInPath(path) !== undefined)
    );
  }

  private empty(skipped: number): ConfigError {
    const others = skipped === 0 ? '' : ` (${skipped} other files are there; they were not read)`;
    return new ConfigError(
      'SOURCE_EMPTY',
      `${this.id}: no *.json, *.ndjson or *.jsonl file there, compressed or not${others}`,
    );
  }

  private isExcluded(path: string): boolean {
    if (this.excluded.length === 0) return false;
    const real = realPath(resolve(path)) + sep;
    return this.excluded.some((directory) => real.startsWith(realPath(resolve(directory)) + sep));
  }
}

/** Names that a directory's documents have. */
const DOCUMENTS = /\.(json|ndjson|jsonl)(\.gz)?$/i;

function notDocuments(id: string): ConfigError {
  return new ConfigError(
    'SOURCE_IS_RECORD',
    `${id}: this is a ${findRecord(id)} that statebag wrote, so there are no documents in it; name the files or directories with the documents`,
  );
}

function notReadable(id: string, cause: unknown): ConfigError {
  return new ConfigError('SOURCE_NOT_FOUND', diskError(id, cause).message, { cause });
}

/** A file that is one document. */
export class FileContainer implements SourceContainer {
  version: string | undefined;
  readonly tail = new Uint8Array();

  constructor(
    readonly id: string,
    private readonly disk: Disk,
  ) {}

  async *documents(): AsyncIterable<SourceDocument> {
    const bytes = await readWhole(this.id);
    const sha256 = hash('sha256', bytes, 'hex');
    this.version = sha256;
    if (isGzip(bytes)) {
      yield asCompressed(this.id, { id: this.id, line: undefined, bytes: await inflate(this.id, bytes) });
      return;
    }
    yield {
      id: this.id,
      line: undefined,
      bytes,
      sha256,
      release: () => {
        buffers.give(bytes);
      },
    };
  }

  async replace(): Promise<Replacement> {
    const file = await FileReplacement.open(this.disk, this.id);
    return {
      write: (_, bytes) => file.write(bytes),
      commit: async () => {
        await file.commit(this.version ?? '');
        return '';
      },
      abort: () => file.abort(),
    };
  }
}

/** Files for commands that only read: `*.json` without a version to guard a rewrite by. */
export const READ_ONLY_FILES: FurtherFiles = {
  open: (path) => (/\.json$/i.test(path) ? new ReadOnlyFile(path) : undefined),
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
