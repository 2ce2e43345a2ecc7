import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { packageEntries } from './package-entries.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * What a test may import by its path: the faces of modules and the ports. The entries of the package are imported by
 * name (`statebag-shim/fs`). Every other import is listed with its reason in `internals.tsv`.
 */
const FACES: ReadonlySet<string> = new Set([
  'src/json/index.ts',
  'src/partition/index.ts',
  'migrations/index.ts',
  'src/cli/run.ts',
  'src/cli/io.ts',
  'src/runtime-proxy/run.ts',
  // Ports.
  'src/store/object-store.ts',
  'src/sources/disk.ts',
  'src/journal/journal.ts',
  'src/sources/dynamodb/port.ts',
  'src/sources/source.ts',
]);

const INTERNALS = 'test/internals.tsv';
const HEADER = 'file\timport\treason';

/** The paths that a file names in `import`, `export … from`, `import()`, `vi.mock()` and `new URL()`. */
function relativePathsIn(file: string, text: string): readonly string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier?.startsWith('.')) found.add(fromRoot(file, specifier));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...found];
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal);
  if (ts.isNewExpression(node) && node.expression.getText() === 'URL') return textOf(node.arguments?.[0]);
  if (!ts.isCallExpression(node)) return undefined;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const isMock = /^vi\.(?:mock|doMock|importActual)$/.test(node.expression.getText());
  return isImport || isMock ? textOf(node.arguments[0]) : undefined;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function fromRoot(file: string, specifier: string): string {
  return relative(ROOT, join(ROOT, dirname(file), specifier))
    .split(sep)
    .join('/')
    .replace(/\.js$/, '.ts');
}

/** True for code of the package that is neither a face nor a port. */
function isInternal(path: string): boolean {
  return /^(?:src|migrations)\/.*\.[cm]?ts$/.test(path) && !FACES.has(path);
}

const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.[cm]?[jt]s$/.test(file))
  .map((file) => join('test', file).split(sep).join('/'))
  .sort();

const imported = files.flatMap((file) =>
  relativePathsIn(file, readFileSync(join(ROOT, file), 'utf8')).map((path) => ({ file, path })),
);

const pair = ({ file, path }: { readonly file: string; readonly path: string }) => `${file}\t${path}`;
const used = imported.filter(({ path }) => isInternal(path)).map(pair);

const [header, ...lines] = readFileSync(join(ROOT, INTERNALS), 'utf8').trimEnd().split('\n');
const listed = lines.map((line) => line.split('\t'));

describe('a test', () => {
  it('imports internals of the package only when internals.tsv gives the reason', () => {
    const known = new Set(listed.map(([file, path]) => `${file}\t${path}`));
    expect(used.filter((line) => !known.has(line))).toEqual([]);
  });

  it('imports an entry of the package by its name', () => {
    const sources = new Set(
      packageEntries().map(({ replacement }) => relative(ROOT, replacement).split(sep).join('/')),
    );
    const known = new Set(listed.map(([file, path]) => `${file}\t${path}`));
    const byPath = imported.filter((each) => sources.has(each.path) && !known.has(pair(each)));
    expect(byPath.map(pair)).toEqual([]);
    expect(sources).toContain('src/index.ts');
  });
});

describe('internals.tsv', () => {
  it('lists only imports that a test still has', () => {
    const now = new Set(used);
    expect(listed.map(([file, path]) => `${file}\t${path}`).filter((line) => !now.has(line))).toEqual([]);
  });

  it('gives a reason on each line, and each import once, in order', () => {
    expect(header).toBe(HEADER);
    expect(listed.filter(([, , reason = '', ...more]) => reason.trim() === '' || more.length > 0)).toEqual([]);
    const pairs = listed.map(([file, path]) => `${file}\t${path}`);
    expect(pairs).toEqual([...new Set(pairs)].sort());
  });
});

describe('the search for imports', () => {
  it('finds every way to name a module of the package', () => {
    const text = `
      import { a } from '../src/a.js';
      import type { B } from '../src/b.js';
      export * from '../migrations/c.js';
      const d = await import('../src/d.js');
      type E = import('../src/e.js').E;
      vi.mock('../src/f.js');
      const g = new URL('../src/g.ts', import.meta.url);
      import { h } from 'statebag-shim';
      // import { i } from '../src/i.js';`;
    expect(relativePathsIn('test/x.test.ts', text).filter(isInternal)).toEqual([
      'src/a.ts',
      'src/b.ts',
      'migrations/c.ts',
      'src/d.ts',
      'src/e.ts',
      'src/f.ts',
      'src/g.ts',
    ]);
  });

  it('leaves faces, ports, fixtures and examples', () => {
    const text = `
      import { scanJson } from '../src/json/index.js';
      import type { ObjectStore } from '../src/store/object-store.js';
      import { fatBag } from './shim/bags.js';
      import { makeFleet } from '../examples/fleet/fleet.js';`;
    expect(relativePathsIn('test/x.test.ts', text).filter(isInternal)).toEqual([]);
    expect(files.length).toBeGreaterThan(200);
  });
});
