import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { findDigestInPath } from '../../content-address.js';
import { ConfigError } from '../../errors/index.js';
import type { Disk } from '../disk.js';
import { diskError } from '../disk-errors.js';
import type { DocumentSource, OnSkipped, SourceContainer } from '../source.js';
import { isOwnFile, realPath } from './directory-entries.js';
import { FileContainer } from './file.js';
import { NdjsonContainer } from './ndjson.js';
import { UnreadablePlace } from './unreadable-place.js';
import { walkDirectory, walkGlob, Walked } from './walk.js';

/** Files of a kind that not every command takes. */
export interface FurtherFiles {
  /** `undefined` for a file of another kind. */
  open(path: string): SourceContainer | undefined;
}

/** A file, a directory (its `*.json`, `*.ndjson`, `*.jsonl`, in any case and at every depth) or a glob. */
export class FilesSource implements DocumentSource {
  readonly isListedAtOnce = true;

  constructor(
    readonly id: string,
    private readonly disk: Disk,
    /** Directories that hold no documents: the store's, the journal's. */
    private readonly excluded: readonly string[] = [],
    /** Opens what this class does not know. */
    private readonly further?: FurtherFiles,
    /**
     * The command proves that nothing is left. Files with a digest in their names are taken, as their bytes tell what
     * they are; and a directory that a glob matches is reported.
     */
    private readonly isGate = false,
  ) {}

  /** What cannot be listed or followed comes last, as places that cannot be read. */
  async *containers(_signal?: AbortSignal, onSkipped?: OnSkipped): AsyncIterable<SourceContainer> {
    const { files, skipped, unreadable } = await this.walk();
    const isMeant = (path: string): boolean => !isOwnFile(path) && !this.isExcluded(path);
    const [paths, places] = [files.filter(isMeant), Array.from(unreadable).filter(([path]) => isMeant(path))];
    for (const one of skipped)
      if (isMeant(one.id) && (this.isGate || one.code !== 'DIRECTORY_SKIPPED')) onSkipped?.(one);
    if (paths.length + places.length === 0) throw this.empty(skipped.length);
    const seen = new Set<string>();
    for (const path of paths.sort()) {
      // What is only read may be read under two names. Else it is one document, and must not be rewritten under two
      // names at once.
      const real = this.further ? path : realPath(path);
      if (seen.has(real)) continue;
      seen.add(real);
      yield this.container(path);
    }
    for (const [path, error] of places) yield new UnreadablePlace(path, error);
  }

  container(path: string): SourceContainer {
    const container = this.further?.open(path);
    if (container) return container;
    return /\.(ndjson|jsonl)$/i.test(path) ? new NdjsonContainer(path, this.disk) : new FileContainer(path, this.disk);
  }

  private async walk(): Promise<Walked> {
    const stats = await stat(this.id).catch((error: unknown) => notReadable(this.id, error));
    if (stats instanceof ConfigError) return (await walkGlob(this.id)) ?? Promise.reject(stats);
    if (stats.isDirectory()) return walkDirectory(this.id, (path) => this.isTaken(path));
    const walked = new Walked();
    walked.files.push(this.id);
    return walked;
  }

  private isTaken(path: string): boolean {
    return (
      DOCUMENTS.test(path) ||
      this.further?.open(path) !== undefined ||
      (this.isGate && findDigestInPath(path) !== undefined)
    );
  }

  private empty(skipped: number): ConfigError {
    const others = skipped === 0 ? '' : ` (${skipped} other files are there; they were not read)`;
    return new ConfigError('SOURCE_EMPTY', `${this.id}: no *.json, *.ndjson or *.jsonl file there${others}`);
  }

  private isExcluded(path: string): boolean {
    if (this.excluded.length === 0) return false;
    const real = realPath(resolve(path)) + sep;
    return this.excluded.some((directory) => real.startsWith(realPath(resolve(directory)) + sep));
  }
}

/** Names that a directory's documents have. */
const DOCUMENTS = /\.(json|ndjson|jsonl)$/i;

function notReadable(id: string, cause: unknown): ConfigError {
  return new ConfigError('SOURCE_NOT_FOUND', diskError(id, cause).message, { cause });
}
