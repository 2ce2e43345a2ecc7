import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import * as library from 'statebag-shim';
import type { StateBagError } from 'statebag-shim';
import type { Project } from './program.js';
import { ROOT } from './root.js';
import { ERROR_CLASS, EXIT, exitCodeOf } from './sources.js';

/** The code of an outcome or a finding, which no error class carries. */
const RESULT = 'result';

/** A documented word that is neither, such as a hazard or the rule of a check. */
const WORD = 'word';

interface Code {
  readonly code: string;
  /** Name of the class, `RESULT` or `WORD`. */
  readonly kind: string;
  /** `yes`, `no`, or `depends` when it is decided at run time. */
  readonly retryable?: string;
}

/** `CODE  class  retryable`, and what the command line and a state machine make of each class. */
export function errorLines(project: Project): readonly string[] {
  const codes = new CodeReader(project).codes();
  return [
    ...codes.map(({ code, kind, retryable }) => `${code}  ${kind}${retryable ? `  retryable: ${retryable}` : ''}`),
    ...classLines(),
  ];
}

/** What `docs/errors.md` and the sources do not agree about. */
export function undocumented(lines: readonly string[]): readonly string[] {
  const codes = new Set(lines.filter((line) => !line.startsWith('class ')).map((line) => line.split('  ')[0]!));
  const known = documented();
  return [
    ...[...codes].filter((code) => !known.named.has(code)).map((code) => `docs/errors.md has no entry for ${code}`),
    ...[...known.rows]
      .filter((code) => !codes.has(code))
      .map((code) => `docs/errors.md has an entry for ${code}, which no error or result has`),
  ];
}

function documented(): { readonly named: ReadonlySet<string>; readonly rows: ReadonlySet<string> } {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const names = (text: string) => [...text.matchAll(/`([A-Z][A-Z0-9_]{2,})`/g)].map(([, code]) => code!);
  const firsts = [...page.matchAll(/^\| *((?:`[A-Z0-9_]+`(?:, *)?)+) *\|/gm)].map(([, cell]) => cell!);
  return { named: new Set(names(page)), rows: new Set(firsts.flatMap(names)) };
}

type ErrorClass = new (code: string, message: string, options?: { readonly retryable?: boolean }) => StateBagError;

/** Found by making one of each. */
function classLines(): readonly string[] {
  const classes = Object.entries<unknown>(library).flatMap(([name, value]) =>
    isErrorClass(value) ? [[name, value] as const] : [],
  );
  if (classes.length < 2) throw new Error('the package exports no error classes');
  return classes.flatMap(([name, Class]) => {
    const named = (retryable: boolean) => {
      const told: unknown = library.nameForStateMachine(new Class('ANY_CODE', 'text', { retryable }));
      return told instanceof Error ? told.name : String(told);
    };
    const status = exitCodeOf(new Class('ANY_CODE', 'text'));
    const meaning = Object.entries(EXIT).find(([, code]) => code === status)?.[0] ?? '';
    return [
      `class ${name}  exit ${status} (${meaning})`,
      `class ${name}  in a state machine: ${named(false)}`,
      `class ${name}  in a state machine when retryable: ${named(true)}`,
    ];
  });
}

function isErrorClass(value: unknown): value is ErrorClass {
  return (
    typeof value === 'function' && (value === library.StateBagError || value.prototype instanceof library.StateBagError)
  );
}

class CodeReader {
  /** By the name that is called. */
  readonly #calls = new Map<string, ts.CallExpression[]>();
  readonly #nodes: ts.Node[] = [];
  readonly #classes: ReadonlySet<string>;

  constructor(private readonly project: Project) {
    const files = [...project.files].filter(([path]) => /^(?:src|migrations|schemas)\/.*(?<!\.d)\.ts$/.test(path));
    const visit = (node: ts.Node): void => {
      this.#nodes.push(node);
      if (ts.isCallExpression(node)) this.noteCall(node);
      ts.forEachChild(node, visit);
    };
    for (const [, file] of files) visit(file);
    const declared = this.#nodes.filter(ts.isClassDeclaration);
    const children = declared.filter((node) =>
      node.heritageClauses?.some((clause) => clause.types.some((base) => base.expression.getText() === ERROR_CLASS)),
    );
    this.#classes = new Set([ERROR_CLASS, ...children.map((node) => node.name!.text)]);
  }

  codes(): readonly Code[] {
    const thrown = this.#nodes.filter(ts.isNewExpression).flatMap((node) => this.thrown(node));
    const codes = [...thrown, ...this.results()];
    return [...codes, ...this.words(codes)];
  }

  private thrown(node: ts.NewExpression): readonly Code[] {
    const kind = node.expression.getText();
    const [code, , options] = node.arguments ?? [];
    if (!this.#classes.has(kind) || code === undefined) return [];
    return this.values(code).map((value) => ({ code: value, kind, retryable: this.retryable(options) }));
  }

  /** `code: 'CODE'` of an object that is not the options of an error. */
  private results(): readonly Code[] {
    return this.#nodes
      .filter((node) => ts.isPropertyAssignment(node) && node.name.getText() === 'code')
      .flatMap((node) => literals(this.project.checker.getTypeAtLocation((node as ts.PropertyAssignment).initializer)))
      .filter(isCode)
      .map((code) => ({ code, kind: RESULT }));
  }

  private retryable(options: ts.Expression | undefined): string {
    if (options === undefined) return 'no';
    const property = this.project.checker.getTypeAtLocation(options).getProperty('retryable');
    if (property === undefined) return 'no';
    const declaration = property.valueDeclaration ?? options;
    const text = this.project.checker.typeToString(
      this.project.checker.getTypeOfSymbolAtLocation(property, declaration),
    );
    const initializer = ts.isPropertyAssignment(declaration) ? declaration.initializer.getText() : text;
    return initializer === 'true' ? 'yes' : initializer === 'false' ? 'no' : 'depends';
  }

  /** The texts that an expression can be. One that comes from another error (`error.code`) has none of its own. */
  private values(expression: ts.Expression, above: readonly ts.Symbol[] = []): readonly string[] {
    const direct = literals(this.project.checker.getTypeAtLocation(expression));
    if (direct.length > 0) return direct;
    if (expression.getText().endsWith('.code')) return [];
    if (ts.isConditionalExpression(expression))
      return [...this.values(expression.whenTrue, above), ...this.values(expression.whenFalse, above)];
    return [...this.fromCallers(expression, above), ...(above.length === 0 ? inFile(expression) : [])];
  }

  /** A parameter has what the callers of its function give it. */
  private fromCallers(expression: ts.Expression, above: readonly ts.Symbol[]): readonly string[] {
    const symbol = this.project.checker.getSymbolAtLocation(expression);
    const declaration = symbol?.valueDeclaration;
    if (!declaration || !ts.isParameter(declaration) || above.includes(symbol)) return [];
    const owner = declaration.parent;
    const at = owner.parameters.indexOf(declaration);
    const name = owner.name ?? (ts.isVariableDeclaration(owner.parent) ? owner.parent.name : undefined);
    const called = name && this.project.checker.getSymbolAtLocation(name);
    const calls = name && called ? this.callsOf(name.getText(), called) : [];
    return calls.flatMap((call) => (call.arguments[at] ? this.values(call.arguments[at], [...above, symbol]) : []));
  }

  private noteCall(call: ts.CallExpression): void {
    const name = calleeOf(call).getText();
    this.#calls.set(name, [...(this.#calls.get(name) ?? []), call]);
  }

  private callsOf(name: string, called: ts.Symbol): readonly ts.CallExpression[] {
    const { checker } = this.project;
    return (this.#calls.get(name) ?? []).filter((call) => {
      const symbol = checker.getSymbolAtLocation(calleeOf(call));
      return symbol && (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol) === called;
    });
  }

  /** Hazards and rules: documented words that are no code of an error. */
  private words(codes: readonly Code[]): readonly Code[] {
    const known = new Set(codes.map(({ code }) => code));
    const texts = new Set(
      this.#nodes.filter((node) => ts.isStringLiteral(node) || ts.isIdentifier(node)).map((node) => node.text),
    );
    const others = [...documented().rows].filter((code) => !known.has(code) && texts.has(code));
    return others.map((code) => ({ code, kind: WORD }));
  }
}

function calleeOf({ expression }: ts.CallExpression): ts.Expression | ts.MemberName {
  return ts.isPropertyAccessExpression(expression) ? expression.name : expression;
}

function literals(type: ts.Type): readonly string[] {
  if (type.isStringLiteral()) return [type.value];
  if (!type.isUnion()) return [];
  const strings = type.types.filter((part) => part.isStringLiteral()).map((part) => part.value);
  return type.types.every((part) => part.isStringLiteral() || part.flags & ts.TypeFlags.Undefined) ? strings : [];
}

/** Where a table decides: every documented code that the file names. */
function inFile(expression: ts.Expression): readonly string[] {
  const { named } = documented();
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && named.has(node.text)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(expression.getSourceFile());
  return found;
}

function isCode(text: string): boolean {
  return /^[A-Z][A-Z0-9_]{3,}$/.test(text);
}
