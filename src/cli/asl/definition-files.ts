import { realpathSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { MAX_DEFINITION_BYTES, tooLarge } from '../../asl/read/parse-definition.js';
import { diskError } from '../../sources/disk.js';
import { BagError, ConfigError } from '../../errors/index.js';
import type { CliIo } from '../io.js';
import { readInput } from '../read-input.js';

/** A file that may hold a state machine. */
export interface DefinitionPath {
  /** Absolute; `-` for standard input. */
  readonly path: string;
  /** As people in the working directory type it. */
  readonly file: string;
  /** False for one that only lies in a directory: it need not hold a machine. */
  readonly isNamed: boolean;
}

const NOTATIONS = '**/*.{json,jsonc,asl,yaml,yml,template,tf}';
const IGNORED = ['**/node_modules/**', '**/.git/**'];

/**
 * The files that files, directories and globs name, each once. Throws `ConfigError` `SOURCE_NOT_FOUND`, and
 * `SOURCE_EMPTY` for a glob or a directory without any.
 */
export async function definitionFiles(specs: readonly string[], io: CliIo): Promise<readonly DefinitionPath[]> {
  if (specs.includes('-') && specs.length > 1)
    throw new ConfigError('SOURCE_INVALID', '- stands for standard input and can only be the one source');
  const found = (await Promise.all(specs.map((spec) => filesOf(spec, io)))).flat();
  const seen = new Set<string>();
  return found.filter(({ path }) => {
    const real = path === '-' ? path : realpathSync.native(path);
    const isNew = !seen.has(real);
    seen.add(real);
    return isNew;
  });
}

async function filesOf(spec: string, { cwd }: CliIo): Promise<readonly DefinitionPath[]> {
  if (spec === '-') return [{ path: '-', file: '-', isNamed: true }];
  const path = resolve(cwd, spec);
  const stats = await stat(path).catch((error: unknown) => diskError(path, error));
  if (!('size' in stats)) return globbed(spec, cwd, stats);
  if (!stats.isDirectory()) return [named(path, cwd)];
  return globFiles([NOTATIONS], path, cwd, false, spec);
}

async function globbed(spec: string, cwd: string, cause: Error): Promise<readonly DefinitionPath[]> {
  const { isDynamicPattern } = await import('tinyglobby');
  if (!isDynamicPattern(spec)) throw new ConfigError('SOURCE_NOT_FOUND', cause.message, { cause });
  return globFiles([spec], cwd, cwd, true, spec);
}

async function globFiles(
  patterns: readonly string[],
  from: string,
  cwd: string,
  isNamed: boolean,
  spec: string,
): Promise<readonly DefinitionPath[]> {
  const { glob } = await import('tinyglobby');
  const paths = await glob([...patterns], {
    cwd: from,
    absolute: true,
    dot: true,
    caseSensitiveMatch: false,
    expandDirectories: false,
    ignore: IGNORED,
  });
  if (paths.length === 0)
    throw new ConfigError('SOURCE_EMPTY', `${spec}: no file there that could hold a state machine`);
  return paths.sort().map((path) => ({ ...named(path, cwd), isNamed }));
}

function named(path: string, cwd: string): DefinitionPath {
  return { path, file: shorten(path, cwd), isNamed: true };
}

/** As people in the working directory type it. */
export function shorten(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') ? path : short;
}

/** Throws `BagError` `ASL_TOO_LARGE` and `ASL_UNREADABLE` before anything is read, and what reading a file throws. */
export async function readDefinition({ path }: DefinitionPath, io: CliIo): Promise<Uint8Array> {
  if (path === '-') return readInput(path, io);
  try {
    const stats = await stat(path);
    // A device has no size and no end.
    if (!stats.isFile() && !stats.isFIFO()) throw new BagError('ASL_UNREADABLE', 'not a file that can be read');
    if (stats.size > MAX_DEFINITION_BYTES) throw tooLarge(stats.size);
    return await readFile(path);
  } catch (error) {
    throw error instanceof BagError ? error : diskError(path, error);
  }
}
