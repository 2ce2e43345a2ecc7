import { readdir, realpathSync } from 'node:fs';
import type { Dirent, PathLike } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve, sep } from 'node:path';
import type { GlobOptions } from 'tinyglobby';
import { ConfigError } from '../../errors.js';
import type { StateBagError } from '../../errors.js';
import type { Disk } from '../disk.js';
import { diskError } from '../disk-errors.js';
import type { DocumentSource, SourceContainer } from '../source.js';
import { isTemporaryName } from '../temporary-file.js';
import { FileContainer } from './file.js';
import { NdjsonContainer } from './ndjson.js';

/** Files of a kind that not every command takes. */
export interface FurtherFiles {
  readonly endings: readonly string[];
  /** `undefined` for a file of another kind. */
  open(path: string): SourceContainer | undefined;
}

/** A file, a directory (its `*.json`, `*.ndjson`, `*.jsonl`, at every depth) or a glob. */
export class FilesSource implements DocumentSource {
  constructor(
    readonly id: string,
    private readonly disk: Disk,
    /** Directories that hold no documents: the store's, the journal's. */
    private readonly excluded: readonly string[] = [],
    /** Opens what this class does not know, and whose names end in one of `endings`. */
    private readonly further?: FurtherFiles,
  ) {}

  /** A directory that may not be read is an error once all that can be found has been given out. */
  async *containers(): AsyncIterable<SourceContainer> {
    const closed: StateBagError[] = [];
    const paths = (await this.paths(closed)).filter((path) => !isTemporaryName(basename(path)) && !this.isExcluded(path));
    if (paths.length + closed.length === 0) throw new ConfigError('SOURCE_EMPTY', `${this.id}: no *.json, *.ndjson or *.jsonl file there`);
    const seen = new Set<string>();
    for (const path of paths.sort()) {
      // What is only read may be read under two names.
      const real = this.further ? path : realPath(path);
      if (seen.has(real)) continue;
      seen.add(real);
      yield this.container(path);
    }
    if (closed[0]) throw closed[0];
  }

  container(path: string): SourceContainer {
    const container = this.further?.open(path);
    if (container) return container;
    return /\.(ndjson|jsonl)$/i.test(path) ? new NdjsonContainer(path, this.disk) : new FileContainer(path, this.disk);
  }

  private async paths(closed: StateBagError[]): Promise<string[]> {
    const stats = await stat(this.id).catch((error: unknown) => notReadable(this.id, error));
    if (!(stats instanceof ConfigError) && !stats.isDirectory()) return [this.id];
    // Loaded only here: it costs as much as the start of Node, and one file needs none of it.
    const { glob, isDynamicPattern } = await import('tinyglobby');
    // `*` means what it means in a shell: not what lies in the directories it matches.
    const options = { dot: true, absolute: true, expandDirectories: false, fs: noticing(closed) };
    if (!(stats instanceof ConfigError)) return glob(['json', 'ndjson', 'jsonl', ...(this.further?.endings ?? [])].map((ending) => `**/*.${ending}`), { ...options, cwd: this.id });
    if (!isDynamicPattern(this.id)) throw stats;
    return glob([this.id], options);
  }

  private isExcluded(path: string): boolean {
    const absolute = resolve(path);
    return this.excluded.some((directory) => absolute.startsWith(resolve(directory) + sep));
  }
}

/** The walk itself passes over a directory that it may not read, and what lies in there would be forgotten. */
function noticing(closed: StateBagError[]): NonNullable<GlobOptions['fs']> {
  const noticed = (path: PathLike, options: { readonly withFileTypes: true }, done: (error: NodeJS.ErrnoException | null, entries: Dirent[]) => void) => {
    readdir(path, options, (error, entries) => {
      if (error && error.code !== 'ENOENT') closed.push(diskError(String(path), error));
      done(error, entries);
    });
  };
  return { readdir: noticed as typeof readdir };
}

/** Links give a file several names. It is one document, and must not be rewritten under two of them at once. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // A link to nothing, or a file that has just gone: reading it will say so.
    return path;
  }
}

function notReadable(id: string, cause: unknown): ConfigError {
  return new ConfigError('SOURCE_NOT_FOUND', diskError(id, cause).message, { cause });
}
