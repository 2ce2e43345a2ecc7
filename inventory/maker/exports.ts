import ts from 'typescript';
import { MANIFEST } from './program.js';
import type { Project } from './program.js';
import { OPAQUE } from './sources.js';
import { TypePrinter } from './types.js';

/** What can be imported from each entry of the package, with its type. */
export function exportLines(project: Project): readonly string[] {
  const printer = publicPrinter(project);
  const typed = [...project.entries].flatMap(([specifier, file]) =>
    exportsOf(project, file).flatMap(({ name, symbol }) =>
      printer.export(name, symbol).map((line) => `${specifier}  ${line}`),
    ),
  );
  const files = Object.entries(MANIFEST.exports).flatMap(([path, entry]) =>
    typeof entry === 'string' ? [`${MANIFEST.name}${path.slice(1)}  ${entry}`] : [],
  );
  return [...typed, ...files];
}

/** Tells types by the names that the package's entries give them. */
export function publicPrinter(project: Project): TypePrinter {
  const names = [...project.entries.values()].flatMap((file) => exportsOf(project, file));
  return new TypePrinter(
    project.checker,
    new Map(names.map(({ name, symbol }) => [symbol, name])),
    project.isOwn,
    OPAQUE,
  );
}

function exportsOf({ checker }: Project, file: ts.SourceFile): readonly { name: string; symbol: ts.Symbol }[] {
  const module = checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${file.fileName} is not a module`);
  return checker.getExportsOfModule(module).map((exported) => ({
    name: exported.name,
    symbol: exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported,
  }));
}
