import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as library from 'statebag-shim';
import type * as matchers from 'statebag-shim/matchers';
import type * as memory from 'statebag-shim/memory';
import type * as middy from 'statebag-shim/middy';

/*
 * The only file that knows where the entries of the two builds are. When a redesign moves that of the command line,
 * change NEW here. The paths of the library entries come from `exports` in each package.json, so they follow.
 */

/** Commit of release 0.1.0, which the old build is made of. */
const OLD_COMMIT = '8e3ad03';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

interface Faces {
  /** Directory with package.json and dist/. */
  readonly root: string;
  /** Module that exports `run(argv, io)`. */
  readonly run: string;
  /** The shipped command line. */
  readonly bin: string;
}

const OLD: Faces = {
  root: process.env.STATEBAG_ORACLE_OLD ?? join(PROJECT, '.real-servers/oracle', OLD_COMMIT),
  run: 'dist/src/cli/run.js',
  bin: 'dist/cli/statebag.cjs',
};

const NEW: Faces = {
  root: PROJECT,
  run: 'dist/src/cli/run.js',
  bin: 'dist/cli/statebag.cjs',
};

/** What a command touches of its process. Release 0.1.0 and the new build take this shape. */
export interface CommandIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly now: () => Date;
  readonly newRunId: () => string;
  readonly onSignal: (listener: (signal: 'SIGINT' | 'SIGTERM') => void) => () => void;
  readonly exit: (code: number) => void;
}

export interface Build {
  readonly name: 'old' | 'new';
  readonly root: string;
  readonly bin: string;
  readonly run: (argv: readonly string[], io: CommandIo) => Promise<number>;
  readonly library: typeof library;
  readonly memory: typeof memory;
  readonly middy: typeof middy;
  readonly matchers: typeof matchers;
}

export function loadOld(): Promise<Build> {
  return load('old', OLD);
}

/** `root`: another directory with the new build, such as a copy with a planted fault. */
export function loadNew(root = NEW.root): Promise<Build> {
  return load('new', { ...NEW, root });
}

async function load(name: Build['name'], { root, run, bin }: Faces): Promise<Build> {
  if (!existsSync(join(root, run)))
    throw new Error(`${join(root, run)} is missing. Run .ci/oracle/run, which makes both builds.`);
  const entry = (path: string) => importFile(entryFile(root, path));
  const [command, ...entries] = await Promise.all([
    importFile(join(root, run)),
    entry('.'),
    entry('./memory'),
    entry('./middy'),
    entry('./matchers'),
  ]);
  return {
    name,
    root,
    bin: join(root, bin),
    run: (command as { readonly run: Build['run'] }).run,
    library: entries[0] as Build['library'],
    memory: entries[1] as Build['memory'],
    middy: entries[2] as Build['middy'],
    matchers: entries[3] as Build['matchers'],
  };
}

/** The file of an entry of the package, such as `./lambda/s3-batch`. */
export function entryFile(root: string, path: string): string {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly default: string }>>;
  };
  const found = exports[path];
  if (found === undefined) throw new Error(`${root} exports no ${path}`);
  return resolve(root, found.default);
}

function importFile(path: string): Promise<unknown> {
  return import(/* @vite-ignore */ pathToFileURL(path).href);
}
