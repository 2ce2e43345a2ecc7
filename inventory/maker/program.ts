import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './root.js';

/** The sources of the project, typed. */
export interface Project {
  readonly checker: ts.TypeChecker;
  /** Files of `src/`, `migrations/` and `schemas/`, by their path from the root. */
  readonly files: ReadonlyMap<string, ts.SourceFile>;
  /** Whether a file belongs to the project. */
  readonly isOwn: (file: ts.SourceFile) => boolean;
  /** Specifier of each entry of the package, and the file it is made of. */
  readonly entries: ReadonlyMap<string, ts.SourceFile>;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest & {
  readonly bin: Readonly<Record<string, string>>;
};

/** Reads every source below `src/`. Takes a few seconds. */
export function openProject(): Project {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent({ ...(config.config as object), include: ['src'] }, ts.sys, ROOT);
  const roots = ts.sys.readDirectory(join(ROOT, 'src'), ['.ts']);
  const program = ts.createProgram(roots, { ...options, noEmit: true });
  const isOwn = (file: ts.SourceFile) =>
    file.fileName.startsWith(`${ROOT}/`) && !file.fileName.includes('/node_modules/');
  const files = new Map(
    program
      .getSourceFiles()
      .filter(isOwn)
      .map((file) => [file.fileName.slice(ROOT.length + 1), file]),
  );
  return { checker: program.getTypeChecker(), files, isOwn, entries: entriesOf(files) };
}

function entriesOf(files: ReadonlyMap<string, ts.SourceFile>): ReadonlyMap<string, ts.SourceFile> {
  const typed = Object.entries(MANIFEST.exports).flatMap(([path, entry]) => {
    if (typeof entry === 'string') return [];
    const source = entry.default.replace('./dist/', '').replace(/\.js$/, '.ts');
    const file = files.get(source);
    if (!file) throw new Error(`${path} of package.json is made of ${source}, which is not a file`);
    return [[MANIFEST.name + path.slice(1), file] as const];
  });
  return new Map(typed);
}
