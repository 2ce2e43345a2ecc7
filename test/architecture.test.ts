import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Which rooms a room may import, itself and what is open to all apart. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  explanations: ['bag'],
  'content-address': ['schemas'],
  'allowed-prefix': [],
  findings: [],
  asl: ['json', 'findings'],
  json: [],
  locks: [],
  schema: ['json'],
  schemas: [],
  partition: ['json'],
  bag: ['json', 'schemas', 'partition'],
  validate: ['json', 'bag', 'schemas'],
  matchers: ['bag', 'validate'],
  migrations: ['bag'],
  store: ['json', 'locks'],
  sources: ['bag', 'json', 'locks', 'store'],
  journal: ['bag', 'json', 'locks', 'sources'],
  run: ['bag', 'migrations', 'json', 'store', 'validate', 'sources', 'journal'],
  fleet: ['bag', 'migrations', 'json', 'store', 'shim', 'sources', 'journal', 'run'],
  shim: ['json', 'bag', 'migrations', 'store', 'validate', 'partition'],
  replay: ['bag', 'json', 'shim', 'sources', 'store'],
  'runtime-proxy': ['json', 'bag', 'store', 'shim'],
  cli: [
    'asl',
    'explanations',
    'findings',
    'json',
    'schema',
    'schemas',
    'bag',
    'validate',
    'migrations',
    'store',
    'shim',
    'sources',
    'journal',
    'run',
    'fleet',
    'runtime-proxy',
    'replay',
  ],
  index: ['json', 'schemas', 'partition', 'bag', 'validate', 'store', 'shim', 'run'],
};

/** Files of `src` itself that every room may import. */
const OPEN_TO_ALL = new Set(['errors', 'content-address', 'allowed-prefix']);

/** Files that may import an SDK: those of a store's driver and of a source. */
const DRIVERS = /^src\/(?:store\/s3[^/]*|sources\/executions-sfn|sources\/dynamodb\/(?:requests|table))\.ts$/;

/** Packages that take long to load, or that not everybody has. */
const HEAVY = /^(?:@aws-sdk\/|@smithy\/|ajv|yargs|cli-|picocolors|tinyglobby)/;

interface Import {
  /** File it stands in, from the root. */
  readonly from: string;
  /** File from the root, or the name of a package. */
  readonly to: string;
  readonly isPackage: boolean;
  /** Gone at run time. */
  readonly isType: boolean;
  /** `import()`: loaded only when it is reached. */
  readonly isDynamic: boolean;
}

const files = ['src', 'migrations', 'schemas'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => join(folder, file).split(sep).join('/')),
);

const imports = files.flatMap(importsOf);

function importsOf(file: string): readonly Import[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2022, true);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const edge = edgeOf(node);
    if (edge) found.push({ from: file, ...edge, ...targetOf(file, edge.to) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function edgeOf(node: ts.Node): Pick<Import, 'to' | 'isType' | 'isDynamic'> | undefined {
  if (ts.isImportDeclaration(node))
    return {
      to: textOf(node.moduleSpecifier),
      isType: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword,
      isDynamic: false,
    };
  if (ts.isExportDeclaration(node) && node.moduleSpecifier)
    return { to: textOf(node.moduleSpecifier), isType: node.isTypeOnly, isDynamic: false };
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return { to: textOf(node.arguments[0]!), isType: false, isDynamic: true };
  return ts.isImportTypeNode(node) ? { to: textOf(node.argument), isType: true, isDynamic: false } : undefined;
}

function textOf(node: ts.Node): string {
  const literal = ts.isLiteralTypeNode(node) ? node.literal : node;
  if (ts.isStringLiteral(literal)) return literal.text;
  throw new Error(`an import whose target is not written out: ${node.getText()}`);
}

function targetOf(file: string, specifier: string): Pick<Import, 'to' | 'isPackage'> {
  if (!specifier.startsWith('.')) return { to: specifier, isPackage: true };
  const path = relative(ROOT, join(ROOT, dirname(file), specifier))
    .split(sep)
    .join('/');
  return { to: path.replace(/\.js$/, '.ts'), isPackage: false };
}

/** `src/bag/x.ts` lies in `bag`, `src/errors/codes.ts` in `errors`. */
function roomOf(file: string): string {
  const [first, second] = file.split('/');
  return first === 'src' ? second!.replace(/\.ts$/, '') : first!;
}

const told = ({ from, to }: Import) => `${from} → ${to}`;

describe('the rooms of the house', () => {
  it('are all known', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in ARROWS))).toEqual([]);
    expect(files.length).toBeGreaterThan(100);
  });

  it('import only what the arrows allow', () => {
    const wrong = imports.filter(({ from, to, isPackage }) => {
      const [room, target] = [roomOf(from), roomOf(to)];
      return !isPackage && target !== room && !OPEN_TO_ALL.has(target) && !ARROWS[room]!.includes(target);
    });
    expect(wrong.map(told)).toEqual([]);
  });

  it('import nothing from tests, benches or examples, and nothing that is not there', () => {
    const wrong = imports.filter(({ to, isPackage }) => !isPackage && !existsSync(join(ROOT, to)));
    expect(wrong.map(told)).toEqual([]);
    expect(imports.filter(({ to }) => /^(?:test|bench|examples)\//.test(to)).map(told)).toEqual([]);
  });

  it('do not depend on the public entry', () => {
    expect(imports.filter(({ to }) => to === 'src/index.ts').map(told)).toEqual([]);
  });
});

/** Files that make errors with the codes of other processes or of users. */
const OPEN_CODES = ['src/errors/index.ts', 'src/index.ts', 'src/run/worker.ts', 'src/run/workers.ts'];

describe('errors', () => {
  it('are made with classes that take any code only where the code comes from elsewhere', () => {
    const files = imports.filter(({ to }) => to === 'src/errors/classes.ts').map(({ from }) => from);
    expect([...new Set(files)].sort()).toEqual(OPEN_CODES);
  });
});

describe('packages', () => {
  it("of a store's SDK are imported only in the files of its driver", () => {
    const wrong = imports.filter(({ from, to }) => /^@(?:aws-sdk|smithy)\//.test(to) && !DRIVERS.test(from));
    expect(wrong.map(told)).toEqual([]);
  });

  it('for talking to people are imported only by the command line', () => {
    const wrong = imports.filter(({ from, to }) => /^(?:yargs|cli-|picocolors)/.test(to) && roomOf(from) !== 'cli');
    expect(wrong.map(told)).toEqual([]);
  });

  it('are dependencies, not tools of the workshop', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const named = imports.filter(
      ({ from, to, isPackage, isType }) =>
        isPackage && !isType && !to.startsWith('node:') && !from.startsWith('schemas/generator'),
    );
    const wrong = named.filter(
      ({ to }) =>
        !(
          to
            .split('/')
            .slice(0, to.startsWith('@') ? 2 : 1)
            .join('/') in dependencies
        ),
    );
    expect(wrong.map(told)).toEqual([]);
  });
});

/** Every import that loading a file brings with it. */
function loadedBy(entry: string): readonly Import[] {
  const [seen, queue, found] = [new Set([entry]), [entry], [] as Import[]];
  for (const file of queue) {
    const edges = imports.filter(({ from, isType, isDynamic }) => from === file && !isType && !isDynamic);
    found.push(...edges);
    for (const { to } of edges.filter(({ to: next, isPackage }) => !isPackage && !seen.has(next))) {
      seen.add(to);
      queue.push(to);
    }
  }
  return found;
}

describe('loading the library', () => {
  it.each(['src/index.ts', 'src/shim/middy.ts', 'src/matchers/index.ts', 'src/store/fs.ts', 'src/store/memory.ts'])(
    'by %s loads nothing heavy',
    (entry) => {
      const loaded = loadedBy(entry);
      expect(loaded.length).toBeGreaterThan(3);
      expect(loaded.filter(({ to, isPackage }) => isPackage && HEAVY.test(to)).map(told)).toEqual([]);
      expect(
        loaded
          .filter(({ to }) =>
            ['cli', 'fleet', 'run', 'journal', 'sources', 'explanations', 'replay'].includes(roomOf(to)),
          )
          .map(told),
      ).toEqual([]);
    },
  );

  it('leaves the SDK to the one entry that is named after it', () => {
    expect(loadedBy('src/store/s3.ts').some(({ to }) => to.startsWith('@aws-sdk/'))).toBe(true);
  });
});
