import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { listMarkdown } from './markdown.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a reader copies into a file of a strict project, by the place of the block in the page. */
type Snippets = ReadonlyMap<string, string>;

/** Blocks of TypeScript, named as modules next to their page. */
function readSnippets(): Snippets {
  const pages = listMarkdown(ROOT).map((page) => [page, readFileSync(join(ROOT, page), 'utf8')] as const);
  const blocks = pages.flatMap(([page, text]) =>
    Array.from(text.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code], at) => {
      return [join(ROOT, dirname(page), `${page.replaceAll('/', '-')}-${at + 1}.ts`), code!] as const;
    }),
  );
  return new Map(blocks);
}

const USER_OPTIONS: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  resolveJsonModule: true,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts'],
  types: ['node'],
  skipLibCheck: true,
  noEmit: true,
};

/** The entries of the package lead to the sources, so that a test sees a change of the types without a build. */
function readEntries(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    readonly config: { readonly compilerOptions: { readonly paths: Record<string, string[]> } };
  };
  const { paths } = config.compilerOptions;
  return { paths: Object.fromEntries(Object.entries(paths).map(([name, [path]]) => [name, [join(ROOT, path!)]])) };
}

/** Files that a block imports from its reader's project. */
const READERS_FILES: ReadonlyMap<string, string> = new Map([[join(ROOT, 'docs/event.json'), '{"ownerId":"acme"}']]);

/** What the compiler reports of the blocks, with the name of the block and the line in it. */
function compile(snippets: Snippets): readonly string[] {
  const options = { ...USER_OPTIONS, ...readEntries() };
  const disk = ts.createCompilerHost(options);
  const read = (path: string) => snippets.get(path) ?? READERS_FILES.get(path);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => read(path) !== undefined || disk.fileExists(path),
    readFile: (path) => read(path) ?? disk.readFile(path),
    getSourceFile: (path, version, ...rest) => {
      const text = read(path);
      return text === undefined ? disk.getSourceFile(path, version, ...rest) : ts.createSourceFile(path, text, version);
    },
  };
  const program = ts.createProgram([...snippets.keys()], options, host);
  const sources = [...snippets.keys()].map((path) => program.getSourceFile(path)!);
  const found = sources.flatMap((source) => [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ]);
  return [...program.getOptionsDiagnostics(), ...found].map(({ file, start = 0, code, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${file?.fileName.slice(ROOT.length) ?? ''}:${line} TS${code} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

describe('the blocks of TypeScript in the pages', () => {
  const snippets = readSnippets();

  it('are found in the README and in the page of the adapter', () => {
    const names = [...snippets.keys()].map((path) => path.slice(ROOT.length));
    expect(names).toEqual(
      expect.arrayContaining([
        'README.md-1.ts',
        'docs/docs-adapter.md-1.ts',
        'docs/docs-adapter.md-2.ts',
        'docs/docs-adapter.md-3.ts',
      ]),
    );
  });

  it('compile in a strict project of a reader who copies them', () => {
    expect(compile(snippets)).toEqual([]);
  }, 60_000);

  it('are really compiled: a block with a wrong type is reported with its line', () => {
    const path = join(ROOT, 'docs/wrong.md-1.ts');
    const code = `import { createStateBagShim } from 'statebag-shim';\ncreateStateBagShim({ mode: 'rewrit' });\n`;
    expect(compile(new Map([[path, code]]))).toEqual([expect.stringMatching(/^docs\/wrong\.md-1\.ts:2 TS\d+ /)]);
  }, 60_000);
});
