import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Project } from './program.js';
import { ROOT } from './root.js';
import { READERS, readFunctionEnvironment, readProxyEnvironment } from './sources.js';

/** Variables of the environment, and who reads them. */
export function environmentLines(project: Project): readonly string[] {
  return [
    ...listed(readProxyEnvironment).map((name) => `${name}  proxy`),
    ...listed(readFunctionEnvironment).map((name) => `${name}  functions`),
    ...[...project.files].flatMap(([path, file]) => {
      const reader = READERS.find(([folder]) => path.startsWith(folder))?.[1];
      return reader === undefined ? [] : readBy(project, file).map((name) => `${name}  ${reader}`);
    }),
    ...scripts().flatMap(([path, text]) => shellVariables(text).map((name) => `${name}  ${path}`)),
    ...templates().flatMap(([path, text]) => templateVariables(text).map((name) => `${name}  set by ${path}`)),
  ];
}

/** A reader that refuses unknown variables names all that it knows. */
function listed(read: (env: Readonly<Record<string, string>>) => unknown): readonly string[] {
  const unknown = 'STATEBAG_NOT_A_VARIABLE';
  try {
    read({ [unknown]: 'x' });
  } catch (error) {
    const names = [...(error as Error).message.matchAll(/STATEBAG_[A-Z_]+/g)].map(([name]) => name);
    if (names.length > 1) return names.filter((name) => name !== unknown);
    throw error;
  }
  throw new Error('a variable that does not exist was accepted');
}

/** `env.NAME` and `env['NAME']`, where `env` has the type of an environment. */
function readBy({ checker }: Project, file: ts.SourceFile): readonly string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = ts.isPropertyAccessExpression(node)
      ? node.name.text
      : ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression)
        ? node.argumentExpression.text
        : undefined;
    if (name !== undefined && /^[A-Z][A-Z0-9_]+$/.test(name) && isEnvironment(checker, node)) names.push(name);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function isEnvironment(checker: ts.TypeChecker, node: ts.Node): boolean {
  const { expression } = node as ts.PropertyAccessExpression | ts.ElementAccessExpression;
  const [info] = checker.getIndexInfosOfType(checker.getTypeAtLocation(expression));
  return /(?:^|\.)env$/.test(expression.getText()) && info !== undefined;
}

const DEPLOY = join(ROOT, 'deploy');

function below(folder: string, fits: (path: string) => boolean): readonly (readonly [path: string, text: string])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/layer'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(fits)
    .map((path) => [path.slice(ROOT.length + 1), readFileSync(path, 'utf8')] as const);
}

function scripts() {
  return below(DEPLOY, (path) => path.endsWith('/wrapper') || path.endsWith('.sh'));
}

/** `$NAME` and `${NAME…}` in capitals that the script does not set itself. */
function shellVariables(text: string): readonly string[] {
  const own = new Set([...text.matchAll(/^\s*(?:export )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!));
  return [...text.matchAll(/\$\{?([A-Z][A-Z0-9_]+)/g)]
    .map(([, name]) => name!)
    .filter((name) => !own.has(name) && !name.startsWith('BASH_'));
}

function templates() {
  return below(DEPLOY, (path) => /\.(?:yaml|yml)$|Dockerfile$/.test(path));
}

function templateVariables(text: string): readonly string[] {
  return [...text.matchAll(/^\s*(?:ENV )?((?:STATEBAG|AWS_LAMBDA)_[A-Z_]+)[:=]/gm)].map(([, name]) => name!);
}
