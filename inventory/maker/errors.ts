import * as library from 'statebag-shim';
import type { StateBagError } from 'statebag-shim';
import { CODES, EXIT, exitCodeOf, EXPLAINED } from './sources.js';
import type { CodeFacts } from './sources.js';

/** `CODE  class  retryable`, and what the command line and a state machine make of each class. */
export function errorLines(): readonly string[] {
  return [...EXPLAINED.flatMap(codeLines), ...classLines()];
}

/** `result`: the code of an outcome or a finding, which no error has. */
function codeLines(code: string): readonly string[] {
  const facts = (CODES as Readonly<Record<string, CodeFacts>>)[code];
  if (facts === undefined) return [`${code}  result`];
  const retryable = { true: 'yes', false: 'no', sometimes: 'sometimes' }[String(facts.retryable)]!;
  return facts.classes.map((name) => `${code}  ${name}  retryable: ${retryable}`);
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
