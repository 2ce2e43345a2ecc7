import ts from 'typescript';
import type { Project } from './program.js';
import { WRITTEN } from './sources.js';
import type { Written } from './sources.js';

/** Key paths of the JSON whose type the sources declare, members that a sample may never show included. */
export function typedKeyLines(project: Project): readonly string[] {
  return WRITTEN.flatMap((written) => {
    const walker = new KeyWalker(project.checker);
    for (const type of typesAt(project, written)) walker.walk(written.at, type);
    return walker.lines.map((line) => `${written.output}  ${line}`);
  });
}

/**
 * Keys that the sample wrote and that the type of the output does not have: then the type was read at the wrong place.
 * An open object (`totals.*`) takes every key.
 */
export function uncovered(seen: readonly string[], typed: readonly string[]): readonly string[] {
  const known = new Set(typed);
  const open = typed.flatMap((line) => /^(.*\.)\*: /.exec(line)?.[1] ?? []);
  const outputs = new Set(typed.map((line) => line.split('  ')[0]));
  return seen.filter(
    (line) =>
      outputs.has(line.split('  ')[0]) &&
      !known.has(line) &&
      !line.endsWith('  documents: list') &&
      !open.some((prefix) => line.startsWith(prefix)),
  );
}

function typesAt({ files, checker }: Project, { file: path, call }: Written): readonly ts.Type[] {
  const file = files.get(path);
  const types: ts.Type[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && namesOf(node).includes(call) && node.arguments[0])
      types.push(checker.getTypeAtLocation(node.arguments[0]));
    ts.forEachChild(node, visit);
  };
  if (file) visit(file);
  if (types.length === 0) throw new Error(`${path} has no call of ${call}: correct the places in sources.ts`);
  return types;
}

function namesOf({ parent, expression }: ts.CallExpression): readonly string[] {
  const name = expression.getText();
  return ts.isPropertyAssignment(parent) ? [name, `${parent.name.getText()}: ${name}`] : [name];
}

/** Writes down what `JSON.stringify` makes of a type. */
class KeyWalker {
  readonly lines: string[] = [];
  readonly #above: ts.Type[] = [];

  constructor(private readonly checker: ts.TypeChecker) {}

  walk(path: string, type: ts.Type): void {
    if (this.#above.includes(type)) return;
    this.#above.push(type);
    this.open(path, type);
    this.#above.pop();
  }

  private open(path: string, type: ts.Type): void {
    const { flags } = type;
    if (type.isUnion()) for (const part of type.types) this.walk(path, part);
    else if (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Never | ts.TypeFlags.Void)) return;
    else if (type.isStringLiteral()) this.add(path, 'string', JSON.stringify(type.value));
    else if (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.ESSymbolLike)) this.add(path, 'string');
    else if (flags & ts.TypeFlags.NumberLike) this.add(path, 'number');
    else if (flags & ts.TypeFlags.BooleanLike) this.add(path, 'boolean');
    else if (flags & ts.TypeFlags.Null) this.add(path, 'null');
    else if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive)) this.add(path, 'anything');
    else this.object(path, type);
  }

  private object(path: string, type: ts.Type): void {
    if (isOfOtherPackage(type)) return;
    if (this.checker.isArrayType(type) || this.checker.isTupleType(type)) {
      this.add(path, 'list');
      const parts = this.checker.getTypeArguments(type as ts.TypeReference);
      for (const part of parts) this.walk(`${path}[]`, part);
    } else if ((type.symbol as ts.Symbol | undefined)?.name === 'Date') this.add(path, 'string');
    else if (type.getCallSignatures().length === 0) {
      this.add(path, 'object');
      for (const info of this.checker.getIndexInfosOfType(type)) this.walk(at(path, '*'), info.type);
      for (const property of this.checker.getPropertiesOfType(type))
        this.walk(at(path, property.name), this.checker.getTypeOfSymbol(property));
    }
  }

  private add(path: string, kind: string, value?: string): void {
    if (path === '') return;
    this.lines.push(`${path}: ${kind}`);
    if (value !== undefined) this.lines.push(`${path} = ${value}`);
  }
}

/** Such as a client of an SDK, which no output holds. */
function isOfOtherPackage(type: ts.Type): boolean {
  const file = (type.symbol as ts.Symbol | undefined)?.declarations?.[0]?.getSourceFile().fileName ?? '';
  return file.includes('/node_modules/') && !file.includes('/node_modules/typescript/lib/');
}

/** The path of a member of the value at a path. */
export function at(path: string, member: string): string {
  return path === '' ? member : `${path}.${member}`;
}
