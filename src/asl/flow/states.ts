import type { AslNode } from '../read/node.js';
import { textOf, valueOf } from '../read/node.js';
import type { Machine, Pointer } from '../read/machines.js';

export type QueryLanguage = 'JSONPath' | 'JSONata';

/** The states that share one input: those of a machine, of a branch, or of what a Map runs for each item. */
export interface Scope {
  readonly machine: Machine;
  /** The Map or Parallel state around it. */
  readonly owner?: State;
  readonly startAt: string;
  readonly states: readonly State[];
}

export interface State {
  readonly scope: Scope;
  readonly name: string;
  /** Names from the outermost state to this one. */
  readonly path: readonly string[];
  readonly type: string;
  readonly language: QueryLanguage;
  readonly node: AslNode;
  readonly pointer: Pointer;
}

/** Every scope of a machine, the outermost first. */
export function readScopes(machine: Machine): readonly Scope[] {
  const scopes: Scope[] = [];
  readScope(
    { machine, node: machine.root, pointer: machine.pointer, language: languageOf(machine.root, 'JSONPath') },
    scopes,
  );
  return scopes;
}

interface ScopeText {
  readonly machine: Machine;
  readonly node: AslNode;
  readonly pointer: Pointer;
  readonly language: QueryLanguage;
  readonly owner?: State;
}

function readScope({ machine, node, pointer, language, owner }: ScopeText, scopes: Scope[]): void {
  const states: State[] = [];
  const scope: Scope = { machine, startAt: textOf(node, 'StartAt') ?? '', states, ...(owner && { owner }) };
  scopes.push(scope);
  for (const { name, value } of valueOf(node, 'States')?.members ?? []) {
    if (value.members === undefined) continue;
    const state: State = {
      scope,
      name,
      path: [...(owner?.path ?? []), name],
      type: textOf(value, 'Type') ?? '',
      language: languageOf(value, language),
      node: value,
      pointer: machine.isEmbedded ? pointer : [...pointer, 'States', name],
    };
    states.push(state);
    for (const inner of innerScopes(state))
      readScope({ ...inner, machine, owner: state, language: languageOf(inner.node, language) }, scopes);
  }
}

function innerScopes({ node, pointer, scope }: State): readonly Pick<ScopeText, 'node' | 'pointer'>[] {
  const below = (...names: readonly string[]): Pointer => (scope.machine.isEmbedded ? pointer : [...pointer, ...names]);
  const processors = ['ItemProcessor', 'Iterator'].flatMap((name) => {
    const found = valueOf(node, name);
    return found ? [{ node: found, pointer: below(name) }] : [];
  });
  const branches = (valueOf(node, 'Branches')?.items ?? []).map((branch, index) => ({
    node: branch,
    pointer: below('Branches', String(index)),
  }));
  return [...processors, ...branches];
}

function languageOf(node: AslNode, inherited: QueryLanguage): QueryLanguage {
  const said = textOf(node, 'QueryLanguage');
  return said === 'JSONata' || said === 'JSONPath' ? said : inherited;
}
