import { BAG_NAMES } from '../flow/names.js';
import type { Scope, State } from '../flow/states.js';
import { textOf, valueOf } from '../read/node.js';
import type { AslNode } from '../read/node.js';
import { isExecutionInput } from './field-reference.js';
import type { FieldReference } from './field-reference.js';

/** By the name of the state or of its function. */
export function isInitialiser({ name, node, type }: State): boolean {
  const payload = valueOf(node, 'Parameters') ?? valueOf(node, 'Arguments');
  const functionName = payload && textOf(payload, 'FunctionName');
  return (
    type === 'Task' &&
    [name, functionName, textOf(node, 'Resource')].some(
      (text) => text !== undefined && wordsIn(text).some((word) => /^init(?:$|ial)/i.test(word)),
    )
  );
}

/** `Definition` has none that begins with `init`. */
function wordsIn(text: string): readonly string[] {
  return text.replaceAll(/([a-z])([A-Z])/g, '$1 $2').split(/[^A-Za-z]+/);
}

/** True for what an execution is started with, as far as names tell. */
export function isStartingInput({ reference }: FieldReference): boolean {
  if (isExecutionInput(reference)) return true;
  return reference.root === 'input' && !reference.steps.some(({ name }) => BAG_NAMES.includes(name));
}

const EARLY = new WeakMap<Scope, ReadonlySet<State>>();

/** True when an initialiser can run after a state and none before it, so that there is no bag yet. */
export function isBeforeInitialiser(state: State): boolean {
  const early = EARLY.get(state.scope) ?? findEarly(state.scope);
  EARLY.set(state.scope, early);
  return early.has(state);
}

function findEarly({ states }: Scope): ReadonlySet<State> {
  const byName = new Map(states.map((state) => [state.name, state]));
  const after = new Map<State, State[]>(states.map((state) => [state, []]));
  const before = new Map<State, State[]>(states.map((state) => [state, []]));
  for (const state of states)
    for (const next of namesAfter(state.node).flatMap((name) => byName.get(name) ?? [])) {
      after.get(state)!.push(next);
      before.get(next)!.push(state);
    }
  const initialisers = states.filter(isInitialiser);
  const late = reach(initialisers, after);
  return new Set([...reach(initialisers, before)].filter((state) => !late.has(state) && !isInitialiser(state)));
}

/** All that steps lead to. */
function reach(from: readonly State[], steps: ReadonlyMap<State, readonly State[]>): ReadonlySet<State> {
  const reached = new Set(from.flatMap((state) => steps.get(state) ?? []));
  for (const state of reached) for (const next of steps.get(state) ?? []) reached.add(next);
  return reached;
}

function namesAfter(node: AslNode): readonly string[] {
  const rules = [...(valueOf(node, 'Choices')?.items ?? []), ...(valueOf(node, 'Catch')?.items ?? [])];
  return [textOf(node, 'Default'), ...[node, ...rules].map((each) => textOf(each, 'Next'))].filter(
    (name) => name !== undefined,
  );
}
